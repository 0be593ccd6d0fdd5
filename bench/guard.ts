/**
 * `npm run bench:guard`: the short form of the bench for every change. It compares processor time per operation with that of the echo server in the moments
 * before and after, and fails only if a ratio has fallen below half of the one on record (docs/benchmarks.json).
 *
 *     npm run bench:guard -- [--record]
 */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { InvokeCommand, type LambdaClient, UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { deploy } from "./deploy.ts";
import { LoadClient } from "./load-client.ts";
import { mainThreadNs } from "./process-figures.ts";
import { type Server, startEchoServer, startPilotlight } from "./product.ts";
import { signedInvocation } from "./signed-invocation.ts";
import { interleave, measureSlice, type Pair, type Subject } from "./slices.ts";
import { mean, median } from "./statistics.ts";
import { echoRequest, payload } from "./warm.ts";

const file = resolve(import.meta.dirname, "../docs/benchmarks.json");
const connections = 16;
const warmUpSeconds = 4;
const slices = 8;
const eventSlices = 3;
const eventSeconds = 1;
const echoSeconds = 0.2;
const coldStarts = 10;
const leastPart = 0.5;

/** The echo's processor time ÷ ours: more is better. */
interface Ratios {
  warmInvocation: number;
  acceptedEvent: number;
  coldStart: number;
}

async function measureRatios(): Promise<Ratios> {
  const [server, product] = [await startEchoServer(), await startPilotlight(["--isolation", "none"])];
  const echo: Subject = { name: "echo", server, request: echoRequest, warmUpSeconds };
  const echoes = new LoadClient(server.port, echoRequest, connections);
  const echoUs = async (): Promise<number> => (await measureSlice(echoes, server, echoSeconds, 0.05)).cpuUs;
  try {
    const lambda = await deploy(product, [{ name: "echo", runtime: "nodejs26.x", handler: "index.handler", folder: "echo-node" }]);
    const invocation: Subject = {
      name: "invocation",
      server: product,
      request: await signedInvocation(product, "echo", payload),
      warmUpSeconds,
    };
    const outcome = (await interleave(echo, [invocation], { connections, slices })).get("invocation");
    if (outcome?.failure !== undefined) throw new Error(outcome.failure);
    const pairs = outcome?.pairs as Pair[];
    const warmInvocation = median(pairs.map(({ own, yardstick }) => yardstick.cpuUs / own.cpuUs));
    const coldStart = await measureCold(product, lambda, echoUs);
    // Last: what was accepted is still run when its load has ended.
    const acceptedEvent = await measureEvents(product, echoUs);
    lambda.destroy();
    return { warmInvocation, acceptedEvent, coldStart };
  } finally {
    echoes.close();
    await Promise.all([product.stop(), server.stop()]);
  }
}

async function measureEvents(product: Server, echoUs: () => Promise<number>): Promise<number> {
  const client = new LoadClient(product.port, await signedInvocation(product, "echo", payload, "Event"), connections);
  try {
    const ratios: number[] = [];
    for (let count = 0; count < eventSlices; count++) {
      const before = await echoUs();
      const { cpuUs } = await measureSlice(client, product, eventSeconds, 0);
      ratios.push(mean([before, await echoUs()]) / cpuUs);
    }
    return median(ratios);
  } finally {
    client.close();
  }
}

/** Of the main thread, for a change of configuration and the cold start that follows it. */
async function measureCold(product: Server, lambda: LambdaClient, echoUs: () => Promise<number>): Promise<number> {
  const ratios: number[] = [];
  for (let count = 0; count < coldStarts; count++) {
    const before = await echoUs();
    const startedNs = await mainThreadNs(product);
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "echo", Description: `version ${count}` }));
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.05 }, { FunctionName: "echo" });
    await lambda.send(new InvokeCommand({ FunctionName: "echo", Payload: payload }));
    const coldUs = ((await mainThreadNs(product)) - startedNs) / 1_000;
    ratios.push(mean([before, await echoUs()]) / coldUs);
  }
  return median(ratios);
}

const { values } = parseArgs({ options: { record: { type: "boolean", default: false } } });
const ratios = await measureRatios();
if (values.record) {
  const rounded = Object.fromEntries(Object.entries(ratios).map(([name, ratio]) => [name, Number((ratio as number).toPrecision(3))]));
  await writeFile(file, `${JSON.stringify(rounded, null, 2)}\n`);
}
const recorded = JSON.parse(await readFile(file, "utf8")) as Ratios;
for (const name of Object.keys(recorded) as Array<keyof Ratios>) {
  const part = ratios[name] / recorded[name];
  // Where the kernel tells no processor times there is nothing to compare.
  const isBad = part < leastPart;
  if (isBad) process.exitCode = 1;
  process.stdout.write(
    `${isBad ? "SLOWER" : "ok"}  ${name}: ${ratios[name].toPrecision(3)} of the echo server's speed, ${part.toFixed(2)} times what is on record\n`,
  );
}

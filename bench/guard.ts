/**
 * `npm run bench:guard`: the short form of the bench for every change. It compares processor time per operation with that of the echo server in the same
 * run, which a busy machine hardly changes, and fails only if a ratio has fallen below half of the one on record (docs/benchmarks.json).
 *
 *     npm run bench:guard -- [--record]
 */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { InvokeCommand, type LambdaClient, UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { deploy } from "./deploy.ts";
import { mainThreadNs } from "./process-figures.ts";
import { type Server, startEchoServer, startPilotlight } from "./product.ts";
import { signedInvocation } from "./signed-invocation.ts";
import { echoRequest, measure, payload } from "./warm.ts";

const file = resolve(import.meta.dirname, "../docs/benchmarks.json");
const connections = 16;
const rounds = 3;
const seconds = 1;
const warmUpSeconds = 4;
const coldStarts = 10;
const leastPart = 0.5;

/** The echo's processor time ÷ ours: more is better. */
interface Ratios {
  warmInvocation: number;
  acceptedEvent: number;
  coldStart: number;
}

async function measureRatios(): Promise<Ratios> {
  const echo = await startEchoServer();
  const product = await startPilotlight(["--isolation", "none"]);
  try {
    const lambda = await deploy(product, [{ name: "echo", runtime: "nodejs26.x", handler: "index.handler", folder: "echo-node" }]);
    const invocation = await signedInvocation(product, "echo", payload);
    const event = await signedInvocation(product, "echo", payload, "Event");
    // Compilers have their say first.
    for (const [server, request] of [
      [echo, echoRequest],
      [product, invocation],
    ] as const)
      await measure(server, request, connections, warmUpSeconds, 0);
    const rated: Record<"echo" | "invocation" | "event", number[]> = { echo: [], invocation: [], event: [] };
    for (let round = 0; round < rounds; round++) {
      rated.echo.push((await measure(echo, echoRequest, connections, seconds, 0)).cpuUs);
      rated.invocation.push((await measure(product, invocation, connections, seconds, 0)).cpuUs);
    }
    const coldUs = await measureCold(product, lambda);
    // Last: what was accepted is still run when its load has ended.
    for (let round = 0; round < rounds; round++) rated.event.push((await measure(product, event, connections, seconds, 0)).cpuUs);
    lambda.destroy();
    // What others do on the machine makes a figure worse, never better.
    const [echoUs, invocationUs, eventUs] = [rated.echo, rated.invocation, rated.event].map((times) => Math.min(...times)) as [
      number,
      number,
      number,
    ];
    return { warmInvocation: echoUs / invocationUs, acceptedEvent: echoUs / eventUs, coldStart: echoUs / coldUs };
  } finally {
    await Promise.all([product.stop(), echo.stop()]);
  }
}

/** Microseconds of the main thread for a change of configuration and the cold start that follows it. */
async function measureCold(product: Server, lambda: LambdaClient): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < coldStarts; count++) {
    const startedNs = await mainThreadNs(product);
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "echo", Description: `version ${count}` }));
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.05 }, { FunctionName: "echo" });
    await lambda.send(new InvokeCommand({ FunctionName: "echo", Payload: payload }));
    times.push(((await mainThreadNs(product)) - startedNs) / 1_000);
  }
  return Math.min(...times);
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

/**
 * From nothing to many concurrent executions through the public API, each holding one sleeping request; and what another function notices of that.
 * Who wakes up before the last one has begun was not concurrent with it, and is counted as late.
 */
import { connect } from "node:net";
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { type BenchFunction, deploy } from "./deploy.ts";
import { shapeOf } from "./load-client.ts";
import { availableBytes, memoryOf } from "./process-figures.ts";
import { type Server, startPilotlight } from "./product.ts";
import type { BenchOptions, Section } from "./section.ts";
import { signedInvocation } from "./signed-invocation.ts";
import { head, median, pause, row } from "./statistics.ts";

/** An account may have a thousand concurrent executions in each. */
const regions = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"];
const perRegion = 1_000;
/** Where those thousand are not in its way. */
const quietRegion = "eu-north-1";

const settleMs = 5_000;

/** When all shall wake up: the machine has that long. */
const allowanceMs = (count: number): number => 8_000 + count * 40;

const functions: readonly BenchFunction[] = [
  { name: "nodejs", runtime: "nodejs26.x", handler: "index.handler", folder: "sleep-node", timeoutSeconds: 300 },
  { name: "python", runtime: "python3.11", handler: "app.handler", folder: "sleep-python", timeoutSeconds: 300 },
];
const quiet: BenchFunction = { name: "quiet", runtime: "nodejs26.x", handler: "index.handler", folder: "echo-node" };

interface Outcome {
  /** Epoch milliseconds; undefined if it was refused. */
  startedMs: number | undefined;
  refusal: string;
}

/** One request on a connection of its own. */
function hold(port: number, request: Buffer): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    const settle = (outcome: Outcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.on("connect", () => socket.write(request)).on("error", ({ message }) => settle({ startedMs: undefined, refusal: message }));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (shapeOf(received) === undefined) return;
      const answer = received.toString("latin1");
      const startedMs = Number(/"startedMs": ?([\d.]+)/.exec(answer)?.[1] ?? Number.NaN);
      settle(
        Number.isNaN(startedMs) ? { startedMs: undefined, refusal: answer.split("\r\n", 1)[0] as string } : { startedMs, refusal: "" },
      );
    });
  });
}

async function timed(lambda: LambdaClient): Promise<number> {
  const startedMs = performance.now();
  await lambda.send(new InvokeCommand({ FunctionName: quiet.name, Payload: "{}" }));
  return performance.now() - startedMs;
}

async function measure(isolation: string, one: BenchFunction, count: number): Promise<string> {
  const product = await startPilotlight(["--isolation", isolation]);
  try {
    const used = regions.slice(0, Math.ceil(count / perRegion));
    const clients: LambdaClient[] = [];
    for (const region of used) clients.push(await deploy(product, [one], { region, isFirst: region === used[0] }));
    const beside = await deploy(product, [quiet], { region: quietRegion, isFirst: false });
    clients.push(beside);
    const aloneMs = await timed(beside);
    // The native parts are compiled and tried out beside.
    await pause(settleMs);
    const figures = await burst(product, one.name, count, used, beside);
    for (const client of clients) client.destroy();
    return row(isolation, one.name, count, ...figures, aloneMs.toFixed(0));
  } finally {
    await product.stop();
  }
}

async function burst(product: Server, name: string, count: number, used: readonly string[], quietClient: LambdaClient): Promise<string[]> {
  // The bytes of a request are signed once; they name the moment at which all shall wake up.
  const untilMs = Date.now() + allowanceMs(count);
  const requests = await Promise.all(
    used.map((region) => signedInvocation(product, name, JSON.stringify({ untilMs }), "RequestResponse", { region, isSent: false })),
  );
  const freeBytes = availableBytes();
  const startedMs = Date.now();
  const holding = Array.from({ length: count }, (_, n) => hold(product.port, requests[Math.floor(n / perRegion)] as Buffer));
  await pause(100);
  // Warm by now: it waits for its turn at the processor only.
  const beside = median([await timed(quietClient), await timed(quietClient), await timed(quietClient)]);
  await pause(Math.max(untilMs - Date.now() - 500, 0));
  const usedBytes = freeBytes - availableBytes();
  const daemonBytes = memoryOf([product.pid]).pssBytes;
  const outcomes = await Promise.all(holding);
  const started = outcomes.flatMap((outcome) => outcome.startedMs ?? []);
  const late = started.filter((ms) => ms > untilMs).length;
  const refusals = outcomes.filter(({ refusal }) => refusal !== "").map(({ refusal }) => refusal);
  if (refusals.length > 0) process.stderr.write(`${refusals.length} were refused, the first: ${refusals[0]}\n`);
  const allMs = Math.max(...started) - startedMs;
  return [
    (allMs / 1_000).toFixed(2),
    (started.length / (allMs / 1_000)).toFixed(0),
    String(refusals.length),
    String(late),
    (usedBytes / 2 ** 30).toFixed(2),
    (daemonBytes / 2 ** 20).toFixed(0),
    beside.toFixed(0),
  ];
}

async function run({ isolations, bursts }: BenchOptions): Promise<string[]> {
  const lines = [
    "Functions of 1,769 MB; a region has a thousand executions, so that more take several. Another function is invoked beside: it has an environment.",
    "",
    ...head(
      "isolation",
      "function",
      "executions",
      "all run after s",
      "per second",
      "refused",
      "late",
      "GiB in use",
      "MiB of the product",
      "another function meanwhile ms",
      "the same, cold, alone ms",
    ),
  ];
  for (const isolation of isolations)
    for (const one of functions) for (const count of bursts) lines.push(await measure(isolation, one, count));
  return lines;
}

export const burstSection: Section = { name: "burst", title: "From nothing to many", run };

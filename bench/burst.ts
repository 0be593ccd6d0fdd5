/**
 * From nothing to many concurrent executions through the public API, each holding one sleeping request; and what another function notices of that.
 * Who wakes up before the last one has begun was not concurrent with it, and is counted as late. What is refused is counted, and ends nothing.
 */
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { type BenchFunction, deploy } from "./deploy.ts";
import { countRefusals, hold } from "./held-requests.ts";
import { availableBytes, memoryOf } from "./process-figures.ts";
import { type Server, startPilotlight } from "./product.ts";
import { absentRows, type BenchOptions, type Report, type Section } from "./section.ts";
import { signedInvocation } from "./signed-invocation.ts";
import { head, median, pause, quantile, row } from "./statistics.ts";

/** An account may have a thousand concurrent executions in each. */
const regions = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"];
const perRegion = 1_000;
/** Where those thousand are not in its way. */
const quietRegion = "eu-north-1";

const settleMs = 5_000;
/** A start waits no longer than 55 s. */
const longestStartMs = 65_000;
/** After all should have woken up. */
const answerLimitMs = 60_000;
const quietPauseMs = 200;

/** What a thousand executions take, and what the machine should have left. */
const bytesPerExecution = 6 * 1024 * 1024;
const usualBursts = { namespaces: [1_000, 3_000], others: [100] };

/** When all shall wake up: the machine has that long. */
const allowanceMs = (count: number): number => Math.min(8_000 + count * 30, longestStartMs);

/** Of those that take minutes there is one only. */
const roundsOf = (count: number, rounds: number): number => (count > perRegion ? 1 : rounds);

const functionsFor = ({ python }: BenchOptions): BenchFunction[] => [
  { name: "nodejs", runtime: "nodejs26.x", handler: "index.handler", folder: "sleep-node", timeoutSeconds: 300 },
  { name: "python", runtime: python.runtime, handler: "app.handler", folder: "sleep-python", timeoutSeconds: 300 },
];
const quiet: BenchFunction = { name: "quiet", runtime: "nodejs26.x", handler: "index.handler", folder: "echo-node" };

/** Milliseconds, as the SDK's client sees it; infinite if it fails. */
async function timed(lambda: LambdaClient): Promise<number> {
  const startedMs = performance.now();
  return lambda.send(new InvokeCommand({ FunctionName: quiet.name, Payload: "{}" })).then(
    () => performance.now() - startedMs,
    () => Number.POSITIVE_INFINITY,
  );
}

interface Burst {
  /** Until so many had begun, in seconds. */
  halfSeconds: number;
  allSeconds: number;
  startedCount: number;
  refusedCount: number;
  refusals: string;
  lateCount: number;
  usedGib: number;
  productMib: number;
  /** Invocations of the other function. */
  aloneMs: number;
  beside: number[];
}

/** On a product that nobody has used before. */
async function measure(isolation: string, one: BenchFunction, count: number): Promise<Burst> {
  const product = await startPilotlight(["--isolation", isolation]);
  const clients: LambdaClient[] = [];
  try {
    const used = regions.slice(0, Math.ceil(count / perRegion));
    for (const region of used) clients.push(await deploy(product, [one], { region, isFirst: region === used[0] }));
    const other = await deploy(product, [quiet], { region: quietRegion, isFirst: false });
    clients.push(other);
    await timed(other);
    // The native parts are compiled and tried out beside.
    await pause(settleMs);
    const alone = [await timed(other), await timed(other), await timed(other)];
    return { ...(await burst(product, one.name, count, used, other)), aloneMs: median(alone) };
  } finally {
    for (const client of clients) client.destroy();
    await product.stop();
  }
}

async function burst(
  product: Server,
  name: string,
  count: number,
  used: readonly string[],
  other: LambdaClient,
): Promise<Omit<Burst, "aloneMs">> {
  // The bytes of a request are signed once; they name the moment at which all shall wake up.
  const untilMs = Date.now() + allowanceMs(count);
  const requests = await Promise.all(
    used.map((region) => signedInvocation(product, name, JSON.stringify({ untilMs }), "RequestResponse", { region, isSent: false })),
  );
  const freeBytes = availableBytes();
  const startedMs = Date.now();
  const limitMs = untilMs - startedMs + answerLimitMs;
  const holding = Promise.all(
    Array.from({ length: count }, (_, n) => hold(product.port, requests[Math.floor(n / perRegion)] as Buffer, limitMs)),
  );
  const beside: number[] = [];
  for (const endMs = untilMs - 1_000; Date.now() < endMs; await pause(quietPauseMs)) beside.push(await timed(other));
  const usedGib = (freeBytes - availableBytes()) / 2 ** 30;
  const productMib = memoryOf([product.pid]).pssBytes / 2 ** 20;
  const all = await holding;
  const begunMs = all.flatMap((held) => held.startedMs ?? []);
  const { count: refusedCount, reasons } = countRefusals(all);
  const seconds = (part: number): number => (quantile(begunMs, part) - startedMs) / 1_000;
  const [halfSeconds, allSeconds] = [seconds(0.5), seconds(1)];
  const lateCount = begunMs.filter((ms) => ms > untilMs).length;
  return { halfSeconds, allSeconds, startedCount: begunMs.length, refusedCount, refusals: reasons, lateCount, usedGib, productMib, beside };
}

const columns = [
  "isolation",
  "function",
  "executions",
  "bursts",
  "half run after s",
  "all run after s",
  "per second",
  "refused",
  "late",
  "GiB in use",
  "MiB of the product",
  "another function alone ms",
  "meanwhile p50 ms",
  "p99 ms",
] as const;

function rowOf(isolation: string, name: string, count: number, bursts: readonly Burst[]): string {
  const middle = (of: (one: Burst) => number): number => median(bursts.map(of));
  const beside = bursts.flatMap((one) => one.beside);
  const reasons = bursts.map(({ refusals }) => refusals).filter(Boolean);
  return row(
    isolation,
    name,
    count,
    bursts.length,
    middle(({ halfSeconds }) => halfSeconds).toFixed(1),
    middle(({ allSeconds }) => allSeconds).toFixed(1),
    middle(({ startedCount, allSeconds }) => startedCount / allSeconds).toFixed(0),
    [bursts.map(({ refusedCount }) => refusedCount).join(" + "), ...reasons].join("; "),
    bursts.map(({ lateCount }) => lateCount).join(" + "),
    middle(({ usedGib }) => usedGib).toFixed(1),
    middle(({ productMib }) => productMib).toFixed(0),
    middle(({ aloneMs }) => aloneMs).toFixed(0),
    quantile(beside, 0.5).toFixed(0),
    quantile(beside, 0.99).toFixed(0),
  );
}

function figuresOf(bursts: readonly Burst[]): Record<string, number> {
  const failures = bursts.reduce((sum, { refusedCount, lateCount }) => sum + refusedCount + lateCount, 0);
  // Where one was refused, all never ran.
  const seconds = failures > 0 ? Number.NaN : median(bursts.map(({ allSeconds }) => allSeconds));
  return { s: seconds, failures, GiB: Math.max(...bursts.map(({ usedGib }) => usedGib)) };
}

/** Those for which the memory suffices. */
function burstsFor(isolation: string, { bursts }: BenchOptions): readonly number[] {
  return bursts ?? (isolation === "namespaces" ? usualBursts.namespaces : usualBursts.others);
}

async function run(options: BenchOptions): Promise<Report> {
  const rows: string[] = [];
  const figures: Record<string, number> = {};
  const fill = (cells: number): string[] => Array.from({ length: cells }, () => "");
  for (const isolation of options.isolations)
    for (const one of functionsFor(options))
      for (const count of burstsFor(isolation, options)) {
        if (count * bytesPerExecution > availableBytes() * 0.9) {
          rows.push(row(isolation, one.name, count, "left out: the memory does not suffice", ...fill(columns.length - 4)));
          continue;
        }
        const measured: Burst[] = [];
        try {
          for (let round = 0; round < roundsOf(count, options.rounds); round++) {
            await options.yardstick.sample(2);
            measured.push(await measure(isolation, one, count));
            process.stderr.write(`${rowOf(isolation, one.name, count, measured.slice(-1))}\n`);
          }
          for (const [name, value] of Object.entries(figuresOf(measured))) figures[`${isolation}, ${one.name}, ${count}: ${name}`] = value;
          rows.push(rowOf(isolation, one.name, count, measured));
        } catch (error) {
          rows.push(row(isolation, one.name, count, `fails: ${(error as Error).message}`, ...fill(columns.length - 4)));
        }
      }
  return {
    figures,
    lines: [
      "Functions of 1,769 MB; a region has a thousand executions, so that more take several. Medians, refused and late ones of each burst. Another function, which has an",
      "environment already, is invoked all the time beside. Drivers that are not made for it are asked for a hundred.",
      "",
      ...head(...columns),
      ...rows,
      ...absentRows(options, columns.length),
    ],
  };
}

export const burstSection: Section = { name: "burst", title: "From nothing to many", run };

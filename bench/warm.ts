/** Warm invocations against a bare node:http echo server, in alternate slices of one run; ratios are what counts, because machines differ and are noisy. */
import { type BenchFunction, deploy } from "./deploy.ts";
import { type Server, startEchoServer, startForwarder, startPilotlight } from "./product.ts";
import { absentRows, type BenchOptions, type Report, type Section, warmUpPart } from "./section.ts";
import { signedInvocation } from "./signed-invocation.ts";
import { compare, interleave, type Outcome, type Pair, type Slice, type Subject } from "./slices.ts";
import { head, median, pause, ratiosOf, row, showSpread, spreadOf } from "./statistics.ts";

const connectionCounts = [1, 16, 64];
const slicesPerRound = 3;
const settleMs = 6_000;

export const payload = JSON.stringify({ text: "x".repeat(1_000) });
export const echoRequest = Buffer.from(`POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${payload.length}\r\n\r\n${payload}`);

const framed = "python";
const byHttp = "python by HTTP";

/** The isolating driver is the one that targets are for; the others are measured with what is usual. */
const functionsFor = (isolation: string, { python }: BenchOptions): BenchFunction[] => [
  { name: "nodejs", runtime: "nodejs26.x", handler: "index.handler", folder: "echo-node" },
  { name: framed, runtime: python.runtime, handler: "app.handler", folder: "echo-python" },
  ...(isolation === "namespaces"
    ? ([
        { name: byHttp, runtime: "provided.al2023", handler: "none", folder: "custom-python" },
        { name: "nodejs of 128 MB", runtime: "nodejs26.x", handler: "index.handler", folder: "echo-node", memoryMb: 128 },
      ] as const)
    : []),
];

/** Functions' names are words; this one's name in the product. */
const productName = (name: string): string => name.replaceAll(" ", "-");

/**
 * Not measured: this many connections want as many environments, which have to be made first; and each Node compiles for itself what runs often, which takes
 * some thousand requests of each.
 */
const warmUpSeconds = (connections: number, compiles: boolean): number => 4 + connections / (compiles ? 2 : 16);

const columns = [
  "isolation",
  "function",
  "connections",
  "invocations/s",
  "echo/s",
  "ratio",
  "p50 ms",
  "× echo's",
  "p99 ms",
  "× echo's",
  "main thread's CPU µs",
  "× echo's",
  "functions' CPU µs",
] as const;

/** What has been measured so far. */
class Table {
  readonly rows: string[] = [];
  readonly byHttpRows: string[] = [];
  readonly figures: Record<string, number> = {};
  readonly clientCpuUs: { own: number[]; echo: number[] } = { own: [], echo: [] };

  add(isolation: string, name: string, connections: number, { pairs, failure }: Outcome): void {
    if (pairs.length === 0) {
      this.rows.push(row(isolation, name, connections, `fails: ${failure}`, ...Array.from({ length: columns.length - 4 }, () => "")));
      return;
    }
    const rate = compare(pairs, "perSecond");
    const [p50, p99, cpu] = [compare(pairs, "p50Ms"), compare(pairs, "p99Ms"), compare(pairs, "cpuUs")];
    const key = `${isolation}, ${name}, ${connections}`;
    this.figures[`${key}: rate ÷ echo's`] = rate.ratio.median;
    this.figures[`${key}: p50 ÷ echo's`] = p50.ratio.median;
    this.figures[`${key}: p99 ÷ echo's`] = p99.ratio.median;
    for (const { own, yardstick } of pairs) {
      this.clientCpuUs.own.push(own.clientCpuUs);
      this.clientCpuUs.echo.push(yardstick.clientCpuUs);
    }
    const figures = [
      [rate.own.toFixed(0), rate.yardstick.toFixed(0), showSpread(rate.ratio, 2)],
      [p50.own.toFixed(3), showSpread(p50.ratio, 1), p99.own.toFixed(2), showSpread(p99.ratio, 1)],
      [cpu.own.toFixed(0), showSpread(cpu.ratio, 1), compare(pairs, "functionsCpuUs").own.toFixed(0)],
    ].flat();
    this.rows.push(row(isolation, name, connections, ...figures));
  }

  /** What the HTTP Runtime API costs, in the same function: slices of one turn are a second apart. */
  addByHttp(isolation: string, connections: number, outcomes: ReadonlyMap<string, Outcome>): void {
    const pairsOf = (name: string): Pair[] => outcomes.get(name)?.pairs ?? [];
    if (pairsOf(byHttp).length === 0) return;
    // Both as parts of the echo's rate around them, so that the second in between does not count.
    const partsOf = (name: string, key: keyof Slice): number[] => pairsOf(name).map(({ own, yardstick }) => own[key] / yardstick[key]);
    const ratio = (key: keyof Slice) => spreadOf(ratiosOf(partsOf(byHttp, key), partsOf(framed, key)));
    const rate = ratio("perSecond");
    this.figures[`${isolation}, ${connections}: HTTP ÷ frames`] = rate.median;
    this.byHttpRows.push(row(isolation, connections, showSpread(rate, 2), showSpread(ratio("p50Ms"), 2), showSpread(ratio("cpuUs"), 2)));
  }
}

async function measureForwarder(echo: Subject, table: Table, options: BenchOptions): Promise<void> {
  for (const connections of connectionCounts) {
    const server = await startForwarder(connections);
    try {
      const name = "a bare forwarder";
      const forwarder = { name, server, request: echoRequest, warmUpSeconds: warmUpPart(options) * warmUpSeconds(connections, true) };
      const outcomes = await interleave(echo, [forwarder], { connections, slices: options.rounds * slicesPerRound });
      table.add("none", name, connections, outcomes.get(name) as Outcome);
    } finally {
      await server.stop();
    }
  }
}

async function measureProduct(isolation: string, echo: Subject, table: Table, options: BenchOptions): Promise<void> {
  const functions = functionsFor(isolation, options);
  const product = await startPilotlight(["--isolation", isolation]);
  try {
    const named = functions.map((one) => ({ ...one, name: productName(one.name) }));
    (await deploy(product, named)).destroy();
    // The native parts are compiled and tried out beside; environments are made in another way before.
    await pause(settleMs);
    for (const connections of connectionCounts) {
      const subjects: Subject[] = [];
      for (const { name, runtime } of functions) {
        // Signatures are good for a quarter of an hour.
        const request = await signedInvocation(product, productName(name), payload);
        const warmUp = warmUpPart(options) * warmUpSeconds(connections, runtime.startsWith("nodejs"));
        subjects.push({ name, server: product, request, warmUpSeconds: warmUp });
      }
      await options.yardstick.sample();
      const outcomes = await interleave(echo, subjects, { connections, slices: options.rounds * slicesPerRound });
      for (const [name, outcome] of outcomes) table.add(isolation, name, connections, outcome);
      table.addByHttp(isolation, connections, outcomes);
      process.stderr.write(`${table.rows.slice(-outcomes.size).join("\n")}\n`);
    }
  } finally {
    await product.stop();
  }
}

async function run(options: BenchOptions): Promise<Report> {
  const table = new Table();
  const server: Server = await startEchoServer();
  try {
    const echo: Subject = { name: "echo", server, request: echoRequest, warmUpSeconds: 3 };
    await measureForwarder(echo, table, options);
    for (const isolation of options.isolations) await measureProduct(isolation, echo, table, options);
  } finally {
    await server.stop();
  }
  const { own, echo } = table.clientCpuUs;
  return {
    figures: table.figures,
    lines: [
      `1 KB JSON payload; functions of 1,769 MB, one processor's worth, unless they say otherwise. Medians of ${options.rounds * slicesPerRound} slices of 0.35 s each. A ratio is the median of`,
      "the ratios of neighbours, each slice beside those of the echo server just before and just after it; in brackets the quartiles.",
      `The client takes ${median(own).toFixed(0)} µs of the same processors per invocation, ${median(echo).toFixed(0)} per echo.`,
      "The bare forwarder (bench/forwarder.ts) hands bodies to as many processes as there are connections and does nothing else: the limit of the design on this machine.",
      "",
      ...head(...columns),
      ...table.rows,
      ...absentRows(options, columns.length),
      ...(table.byHttpRows.length === 0
        ? []
        : [
            "",
            "The same Python function by the HTTP Runtime API, as custom runtimes have it, as a multiple of what it reaches by frames in the same turn:",
            "",
            ...head("isolation", "connections", "rate", "p50", "main thread's CPU"),
            ...table.byHttpRows,
          ]),
    ],
  };
}

export const warm: Section = { name: "warm", title: "Warm invocations", run };

/**
 * Warm invocations against a bare node:http echo server, side by side in one run. Rounds alternate between the two, figures are medians over the
 * rounds; ratios are what counts, because machines differ and are noisy.
 */
import { type BenchFunction, deploy } from "./deploy.ts";
import { type Load, measureLoad } from "./load-client.ts";
import { descendantsNs, mainThreadNs } from "./process-figures.ts";
import { type Server, startEchoServer, startForwarder, startPilotlight } from "./product.ts";
import type { BenchOptions, Section } from "./section.ts";
import { signedInvocation } from "./signed-invocation.ts";
import { head, median, pause, row } from "./statistics.ts";

const functions: readonly BenchFunction[] = [
  { name: "nodejs", runtime: "nodejs22.x", handler: "index.handler", folder: "echo-node" },
  { name: "python", runtime: "python3.11", handler: "app.handler", folder: "echo-python" },
  { name: "python by HTTP", runtime: "provided.al2023", handler: "none", folder: "custom-python" },
  { name: "nodejs of 128 MB", runtime: "nodejs22.x", handler: "index.handler", folder: "echo-node", memoryMb: 128 },
];

const settleMs = 6_000;

export const payload = JSON.stringify({ text: "x".repeat(1_000) });
export const echoRequest = Buffer.from(`POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${payload.length}\r\n\r\n${payload}`);

export interface Measured extends Load {
  /** Processor time of the server's main thread per request, in microseconds. */
  cpuUs: number;
  /** Of all processes that the server has started: the functions, as good as. */
  functionsCpuUs: number;
}

export async function measure(server: Server, request: Buffer, connections: number, seconds: number, warmUpSeconds = 1): Promise<Measured> {
  const before = [await mainThreadNs(server), descendantsNs(server.pid)] as const;
  const load = await measureLoad(server.port, request, connections, seconds, warmUpSeconds);
  const perRequest = (nowNs: number, beforeNs: number): number => (nowNs - beforeNs) / 1_000 / load.requestCount;
  return {
    ...load,
    cpuUs: perRequest(await mainThreadNs(server), before[0]),
    functionsCpuUs: perRequest(descendantsNs(server.pid), before[1]),
  };
}

const medianOf = (loads: readonly Measured[], key: keyof Measured): number => median(loads.map((load) => load[key]));

/** Functions' names are words; this one's name in the product. */
const productName = (name: string): string => name.replaceAll(" ", "-");

type Figures = Record<"rate" | "p50" | "p99" | "cpu" | "functionsCpu", number>;

interface Subject {
  echo: Server;
  server: Server;
  request: Buffer;
  isolation: string;
  name: string;
  connections: number;
}

/**
 * Not measured, in seconds: this many connections want as many environments, which have to be made first; and each process compiles for itself what runs
 * often, which takes some thousand requests of each.
 */
const warmUpSeconds = (connections: number): number => 4 + connections / 2;

async function compare(
  { echo, server, request, isolation, name, connections }: Subject,
  { rounds, seconds }: BenchOptions,
): Promise<string> {
  const echoLoads: Measured[] = [];
  const loads: Measured[] = [];
  await measureLoad(server.port, request, connections, warmUpSeconds(connections));
  for (let round = 0; round < rounds; round++) {
    echoLoads.push(await measure(echo, echoRequest, connections, seconds));
    loads.push(await measure(server, request, connections, seconds));
    process.stderr.write(
      `${isolation}, ${name}, ${connections} connections: ${loads.at(-1)!.perSecond.toFixed(0)}/s (echo ${echoLoads.at(-1)!.perSecond.toFixed(0)}/s)\n`,
    );
  }
  const [own, bare] = [loads, echoLoads].map((each) => ({
    rate: medianOf(each, "perSecond"),
    p50: medianOf(each, "p50Ms"),
    p99: medianOf(each, "p99Ms"),
    cpu: medianOf(each, "cpuUs"),
    functionsCpu: medianOf(each, "functionsCpuUs"),
  })) as [Figures, Figures];
  return row(
    isolation,
    name,
    connections,
    own.rate.toFixed(0),
    bare.rate.toFixed(0),
    (own.rate / bare.rate).toFixed(2),
    own.p50.toFixed(3),
    (own.p50 / bare.p50).toFixed(1),
    own.p99.toFixed(2),
    (own.p99 / bare.p99).toFixed(1),
    own.cpu.toFixed(0),
    (own.cpu / bare.cpu).toFixed(1),
    own.functionsCpu.toFixed(0),
  );
}

async function run(options: BenchOptions): Promise<string[]> {
  const lines = [
    `1 KB JSON payload; functions of 1,769 MB, one processor's worth, unless they say otherwise; medians of ${options.rounds} rounds of ${options.seconds} s.`,
    "The bare forwarder (bench/forwarder.ts) hands bodies to as many processes as there are connections and does nothing else: the limit of the design on this machine.",
    "",
    ...head(
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
    ),
  ];
  const echo = await startEchoServer();
  try {
    for (const connections of [1, 16, 64]) {
      const server = await startForwarder(connections);
      try {
        lines.push(
          await compare({ echo, server, request: echoRequest, isolation: "none", name: "a bare forwarder", connections }, options),
        );
      } finally {
        await server.stop();
      }
    }
    for (const isolation of options.isolations) {
      const product = await startPilotlight(["--isolation", isolation]);
      try {
        (
          await deploy(
            product,
            functions.map((one) => ({ ...one, name: productName(one.name) })),
          )
        ).destroy();
        // The native parts are compiled and tried out beside; environments are made in another way before.
        await pause(settleMs);
        for (const { name, memoryMb } of functions) {
          const connectionCounts = memoryMb === undefined ? [1, 16, 64] : [16];
          const request = await signedInvocation(product, productName(name), payload);
          for (const connections of connectionCounts)
            lines.push(await compare({ echo, server: product, request, isolation, name, connections }, options));
        }
      } finally {
        await product.stop();
      }
    }
  } finally {
    await echo.stop();
  }
  return lines;
}

export const warm: Section = { name: "warm", title: "Warm invocations", run };

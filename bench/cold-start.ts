/**
 * What the first invocation of a function costs, by driver and by technique, beside a bare start of the interpreter just before it. Every figure is of fresh
 * versions, which have no environments yet. Techniques alternate from version to version.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import {
  InvokeCommand,
  type LambdaClient,
  PublishVersionCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { type BenchFunction, deploy } from "./deploy.ts";
import { measureLoad } from "./load-client.ts";
import { type Server, startPilotlight } from "./product.ts";
import type { Python } from "./python.ts";
import { absentRows, type BenchOptions, type Report, type Section } from "./section.ts";
import { signedInvocation } from "./signed-invocation.ts";
import { head, median, pause, quantile, ratiosOf, row, showSpread, spreadOf } from "./statistics.ts";
import { startMs } from "./yardstick.ts";

/** Cold starts are few and spread widely: of each round of the others there are so many. */
const versionsPerRound = 6;
/** One of so many versions is invoked by the SDK's client, the others by bytes that were signed before. */
const versionsPerSdkCall = 2;
/** Between two cold starts, so that what was started ahead of need is there again. */
const pauseMs = 400;
const payload = '{"text":"x"}';

interface ColdFunction extends BenchFunction {
  /** What it does, in the report. */
  title: string;
  /** Its interpreter, doing nothing. */
  bareStart: readonly [program: string, ...args: string[]];
}

function functionsFor({ runtime, program }: Python): ColdFunction[] {
  const node = { runtime: "nodejs26.x", handler: "index.handler", bareStart: [process.execPath, "-e", "0"] } as const;
  const python = { runtime, handler: "app.handler", bareStart: [program, "-c", "0"] } as const;
  return [
    { ...node, name: "nodejs", title: "nodejs", folder: "echo-node" },
    { ...python, name: "python", title: "python", folder: "echo-python" },
    { ...node, name: "nodejs-sdk", title: "nodejs, S3 and DynamoDB clients", folder: "sdk-node" },
    { ...python, name: "python-sdk", title: "python, boto3's clients of both", folder: "sdk-python" },
  ];
}

interface Technique {
  name: string;
  args: string[];
  hasCompiler: boolean;
  /** Makes a version of the function that has no environment, and resolves with what to invoke. */
  renew(lambda: LambdaClient, functionName: string, round: number): Promise<string>;
  takesSnapshots?: true;
}

const isServed = ({ takesSnapshots }: Technique, { runtime }: ColdFunction, { hasSnapStart }: Python): boolean =>
  !takesSnapshots || hasSnapStart || runtime.startsWith("nodejs");

/** A change of configuration gives up the environments. */
async function reconfigure(lambda: LambdaClient, FunctionName: string, round: number): Promise<string> {
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: `round ${round}` }));
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName });
  return FunctionName;
}

/** A version that was initialised when it was published. */
async function publish(lambda: LambdaClient, FunctionName: string, round: number): Promise<string> {
  const SnapStart = { ApplyOn: "PublishedVersions" } as const;
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: `round ${round}`, SnapStart }));
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName });
  const { Version: Qualifier } = await lambda.send(new PublishVersionCommand({ FunctionName }));
  await waitUntilPublishedVersionActive({ client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName, Qualifier });
  return `${FunctionName}:${Qualifier}`;
}

const isolated = ["--isolation", "namespaces"];
const renew = reconfigure;

const techniques: Technique[] = [
  { name: "none: a plain process", args: ["--isolation", "none"], hasCompiler: true, renew },
  { name: "namespaces: a chain of programs", args: [...isolated, "--standbys", "0", "--fork-servers", "no"], hasCompiler: false, renew },
  { name: "namespaces: the native launcher", args: [...isolated, "--standbys", "0", "--fork-servers", "no"], hasCompiler: true, renew },
  { name: "namespaces: forked", args: [...isolated, "--standbys", "0"], hasCompiler: true, renew },
  { name: "namespaces: started ahead of need", args: isolated, hasCompiler: true, renew },
  { name: "namespaces: SnapStart", args: isolated, hasCompiler: true, renew: publish, takesSnapshots: true },
  { name: "oci: a container", args: ["--isolation", "oci"], hasCompiler: true, renew },
];

/** Of one function and one technique; by bytes that were signed before, and by the SDK's client. */
class Times {
  readonly coldMs: number[] = [];
  /** Bare starts of the interpreter just before each of those. */
  readonly bareMs: number[] = [];
  readonly sdkColdMs: number[] = [];
  readonly warmMs: number[] = [];
}

interface Subject {
  technique: Technique;
  product: Server;
  lambda: LambdaClient;
  times: ReadonlyMap<string, Times>;
}

/** With a compiler or without one: what a product keeps of its own is shared among those that may have the same. */
async function open(technique: Technique, folder: string, functions: readonly ColdFunction[]): Promise<Subject> {
  const { args, hasCompiler } = technique;
  const path = hasCompiler ? process.env["PATH"] : `${folder}:${process.env["PATH"]}`;
  const toolchains = join(folder, hasCompiler ? "toolchains" : "toolchains-without-cc");
  const product = await startPilotlight([...args, "--toolchain-dir", toolchains], { PATH: path });
  const lambda = await deploy(product, functions);
  return { technique, product, lambda, times: new Map(functions.map(({ name }) => [name, new Times()])) };
}

async function askBySdk(lambda: LambdaClient, FunctionName: string): Promise<number> {
  const startedMs = performance.now();
  const { FunctionError } = await lambda.send(new InvokeCommand({ FunctionName, Payload: payload }));
  if (FunctionError !== undefined) throw new Error(`${FunctionName} failed`);
  return performance.now() - startedMs;
}

async function measure({ technique, product, lambda, times }: Subject, { name, bareStart }: ColdFunction, version: number): Promise<void> {
  const target = await technique.renew(lambda, name, version);
  const request = await signedInvocation(product, target, payload, "RequestResponse", { isSent: false });
  const ask = async (): Promise<number> => (await measureLoad(product.port, request, 1, 0, 0)).p50Ms;
  await pause(pauseMs);
  const bareMs = await startMs(...bareStart);
  const isBySdk = version % versionsPerSdkCall === 0;
  const coldMs = isBySdk ? await askBySdk(lambda, target) : await ask();
  const warmMs = await ask();
  // The first version warms up the product itself.
  if (version === 0) return;
  const own = times.get(name) as Times;
  if (isBySdk) own.sdkColdMs.push(coldMs);
  else {
    own.coldMs.push(coldMs);
    own.bareMs.push(bareMs);
  }
  own.warmMs.push(warmMs);
}

const columns = [
  "function",
  "isolation, technique",
  "cold p50 ms",
  "p99 ms",
  "best ms",
  "by the SDK p50 ms",
  "p99 ms",
  "warm p50 ms",
  "cold ÷ bare start",
  "cold ÷ plain process",
] as const;

const summary = (ms: readonly number[], parts: readonly number[]): string[] => parts.map((part) => quantile(ms, part).toFixed(1));

/** Rows of one function: of a bare start, of each technique. */
function rowsOf(one: ColdFunction, all: readonly Subject[], python: Python): string[] {
  const { name, title } = one;
  const timesOf = ({ times }: Subject): Times => times.get(name) as Times;
  const plain = timesOf(all[0] as Subject);
  const bareMs = all.flatMap((subject) => timesOf(subject).bareMs);
  const rows = all.map((subject) => {
    const { technique } = subject;
    const { coldMs, bareMs: neighbours, sdkColdMs, warmMs } = timesOf(subject);
    if (!isServed(technique, one, python))
      return row(
        title,
        technique.name,
        `has none: it takes Python 3.12 or newer, here is ${python.runtime}`,
        ...columns.slice(3).map(() => ""),
      );
    const compared = [neighbours, plain.coldMs].map((others) => showSpread(spreadOf(ratiosOf(coldMs, others)), 2));
    return row(
      title,
      technique.name,
      ...summary(coldMs, [0.5, 0.99, 0]),
      ...summary(sdkColdMs, [0.5, 0.99]),
      ...summary(warmMs, [0.5]),
      ...compared,
    );
  });
  return [row(title, "a bare start of its interpreter", ...summary(bareMs, [0.5, 0.99, 0]), "", "", "", "1.00", ""), ...rows];
}

function figuresOf(functions: readonly ColdFunction[], all: readonly Subject[]): Record<string, number> {
  const figures: Record<string, number> = {};
  const [plain] = all as [Subject];
  for (const { name } of functions)
    for (const { technique, times } of all) {
      const { coldMs } = times.get(name) as Times;
      if (coldMs.length === 0) continue;
      figures[`${name}, ${technique.name}: p50 ms`] = median(coldMs);
      figures[`${name}, ${technique.name}: p50 ÷ plain`] = median(ratiosOf(coldMs, (plain.times.get(name) as Times).coldMs));
    }
  return figures;
}

async function run(options: BenchOptions): Promise<Report> {
  const { rounds, isolations, python, yardstick } = options;
  const functions = functionsFor(python);
  const versions = rounds * versionsPerRound;
  const folder = await mkdtemp(join(tmpdir(), "pilotlight-bench-cold-"));
  await mkdir(join(folder, "toolchains"));
  await writeFile(join(folder, "cc"), "#!/bin/sh\nexit 1\n");
  await chmod(join(folder, "cc"), 0o755);
  const subjects: Subject[] = [];
  try {
    // The first is what others are compared with, and works everywhere.
    const possible = techniques.filter(({ args }, index) => index === 0 || isolations.includes(args[1] as string));
    for (const technique of possible) subjects.push(await open(technique, folder, functions));
    // The native parts are compiled and tried out beside.
    await pause(3_000);
    for (let version = 0; version <= versions; version++) {
      await yardstick.sample();
      for (const one of functions)
        for (const subject of subjects) if (isServed(subject.technique, one, python)) await measure(subject, one, version);
      process.stderr.write(`cold starts: ${version} of ${versions}\n`);
    }
    return {
      figures: figuresOf(functions, subjects),
      lines: [
        `From the bytes of a signed request to the last of its answer, and as the SDK's client sees it; functions of 1,769 MB, Python is ${python.runtime}; ${versions} fresh versions each, one of ${versionsPerSdkCall} by the SDK;`,
        `load average ${loadavg()[0]!.toFixed(1)} at the end. Ratios are medians, each cold start beside a bare start just before it and beside that of a plain process in the same turn; in brackets the quartiles.`,
        "",
        ...head(...columns),
        ...functions.flatMap((one) => rowsOf(one, subjects, python)),
        ...absentRows(options, columns.length),
      ],
    };
  } finally {
    for (const { lambda, product } of subjects) {
      lambda.destroy();
      await product.stop();
    }
    await rm(folder, { recursive: true, force: true });
  }
}

export const coldStart: Section = { name: "cold", title: "Cold start", run };

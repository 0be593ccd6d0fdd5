/**
 * What the first invocation of a function costs, by driver and by technique, beside a bare start of the interpreter. Every figure is of fresh versions, which
 * have no environments yet. Techniques alternate from round to round.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
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
import type { BenchOptions, Section } from "./section.ts";
import { signedInvocation } from "./signed-invocation.ts";
import { head, pause, quantile, row } from "./statistics.ts";

/** Cold starts are few and spread widely: of each round of the others there are so many. */
const versionsPerRound = 6;
/** One of so many versions is invoked by the SDK's client, the others by bytes that were signed before. */
const versionsPerSdkCall = 3;
/** Between two cold starts, so that what was started ahead of need is there again. */
const pauseMs = 400;
const payload = '{"text":"x"}';

interface ColdFunction extends BenchFunction {
  /** What it does, in the report. */
  title: string;
  /** Its interpreter, doing nothing. */
  bareStart: [program: string, ...args: string[]];
}

const bareNode: ColdFunction["bareStart"] = [process.execPath, "-e", "0"];
const barePython: ColdFunction["bareStart"] = ["python3.11", "-c", "0"];

const functions: readonly ColdFunction[] = [
  { name: "nodejs", title: "nodejs", runtime: "nodejs26.x", handler: "index.handler", folder: "echo-node", bareStart: bareNode },
  { name: "python", title: "python", runtime: "python3.11", handler: "app.handler", folder: "echo-python", bareStart: barePython },
  {
    name: "nodejs-sdk",
    title: "nodejs, S3 and DynamoDB clients",
    runtime: "nodejs26.x",
    handler: "index.handler",
    folder: "sdk-node",
    bareStart: bareNode,
  },
  {
    name: "python-sdk",
    title: "python, boto3's clients of both",
    runtime: "python3.11",
    handler: "app.handler",
    folder: "sdk-python",
    bareStart: barePython,
  },
];

interface Technique {
  name: string;
  args: string[];
  hasCompiler: boolean;
  /** Makes a version of the function that has no environment, and resolves with what to invoke. */
  renew(lambda: LambdaClient, functionName: string, round: number): Promise<string>;
  /** Of the runtimes that it serves; without it, all. */
  family?: string;
}

const isServed = ({ family = "" }: Technique, { runtime }: ColdFunction): boolean => runtime.startsWith(family);

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
  // Only newer versions of Python have it, which a machine may not have: it is measured with Node.js.
  { name: "namespaces: SnapStart", args: isolated, hasCompiler: true, renew: publish, family: "nodejs" },
];

/** Of one function and one technique. */
class Times {
  readonly coldMs: number[] = [];
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
async function open(technique: Technique, folder: string): Promise<Subject> {
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

async function measure({ technique, product, lambda, times }: Subject, name: string, round: number): Promise<void> {
  const target = await technique.renew(lambda, name, round);
  const request = await signedInvocation(product, target, payload, "RequestResponse", { isSent: false });
  const ask = async (): Promise<number> => (await measureLoad(product.port, request, 1, 0, 0)).p50Ms;
  await pause(pauseMs);
  const isBySdk = round % versionsPerSdkCall === 0;
  const coldMs = isBySdk ? await askBySdk(lambda, target) : await ask();
  const warmMs = await ask();
  // The first round warms up the product itself.
  if (round === 0) return;
  const { coldMs: raw, sdkColdMs, warmMs: warm } = times.get(name) as Times;
  (isBySdk ? sdkColdMs : raw).push(coldMs);
  warm.push(warmMs);
}

async function bareStartMs([program, ...args]: ColdFunction["bareStart"]): Promise<number> {
  const startedMs = performance.now();
  await promisify(execFile)(program, args);
  return performance.now() - startedMs;
}

function rowsOf(one: ColdFunction, all: readonly Subject[], bareMs: readonly number[]): string[] {
  const { name, title } = one;
  const subjects = all.filter(({ technique }) => isServed(technique, one));
  const p50 = (times: readonly number[]): number => quantile(times, 0.5);
  const timesOf = ({ times }: Subject): Times => times.get(name) as Times;
  const plainMs = p50(timesOf(subjects[0] as Subject).coldMs);
  const compared = (ms: number): string[] => [(ms / p50(bareMs)).toFixed(2), (ms / plainMs).toFixed(2)];
  const summary = (ms: readonly number[]): string[] => [p50(ms), quantile(ms, 0.99), Math.min(...ms)].map((value) => value.toFixed(1));
  return [
    row(title, "a bare start of its interpreter", ...summary(bareMs), "", "", ...compared(p50(bareMs))),
    ...subjects.map((subject) => {
      const { coldMs, sdkColdMs, warmMs } = timesOf(subject);
      const others = [p50(sdkColdMs).toFixed(1), p50(warmMs).toFixed(1)];
      return row(title, subject.technique.name, ...summary(coldMs), ...others, ...compared(p50(coldMs)));
    }),
  ];
}

async function run({ rounds, isolations }: BenchOptions): Promise<string[]> {
  const versions = rounds * versionsPerRound;
  const folder = await mkdtemp(join(tmpdir(), "pilotlight-bench-cold-"));
  await mkdir(join(folder, "toolchains"));
  await writeFile(join(folder, "cc"), "#!/bin/sh\nexit 1\n");
  await chmod(join(folder, "cc"), 0o755);
  const subjects: Subject[] = [];
  const bareMs = new Map<string, number[]>(functions.map(({ name }) => [name, []]));
  try {
    const possible = techniques.filter(({ args }) => isolations.includes(args[1] as string));
    for (const technique of possible) subjects.push(await open(technique, folder));
    // The native parts are compiled and tried out beside.
    await pause(3_000);
    for (let version = 0; version <= versions; version++) {
      for (const one of functions) {
        const { name, bareStart } = one;
        bareMs.get(name)?.push(await bareStartMs(bareStart));
        for (const subject of subjects) if (isServed(subject.technique, one)) await measure(subject, name, version);
      }
      process.stderr.write(`cold starts: ${version} of ${versions}\n`);
    }
    return [
      `From the bytes of a signed request to the last of its answer, and as the SDK's client sees it; functions of 1,769 MB; ${versions} fresh versions each, one of ${versionsPerSdkCall} by the SDK; load average ${loadavg()[0]!.toFixed(1)} at the end.`,
      "",
      ...head(
        "function",
        "isolation, technique",
        "cold p50 ms",
        "p99 ms",
        "best ms",
        "by the SDK p50 ms",
        "warm p50 ms",
        "cold p50 ÷ bare start",
        "cold p50 ÷ plain process",
      ),
      ...functions.flatMap((one) => rowsOf(one, subjects, bareMs.get(one.name) as number[])),
    ];
  } finally {
    for (const { lambda, product } of subjects) {
      lambda.destroy();
      await product.stop();
    }
    await rm(folder, { recursive: true, force: true });
  }
}

export const coldStart: Section = { name: "cold", title: "Cold start", run };

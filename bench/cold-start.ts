/**
 * What the first invocation of a function costs, by driver and by technique. Every figure is of fresh versions: a change of
 * configuration gives up the environments. Techniques alternate from round to round; what a warm invocation takes stands beside, because the client is in both.
 */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand, type LambdaClient, UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { type BenchFunction, deploy } from "./deploy.ts";
import { type Server, startPilotlight } from "./product.ts";
import type { BenchOptions, Section } from "./section.ts";
import { head, pause, quantile, row } from "./statistics.ts";

/** Cold starts are few and spread widely: of each round of the others there are so many. */
const versionsPerRound = 4;
/** Between two cold starts, so that what was started ahead of need is there again. */
const pauseMs = 400;

const functions: readonly BenchFunction[] = [
  { name: "nodejs", runtime: "nodejs26.x", handler: "index.handler", folder: "echo-node" },
  { name: "python", runtime: "python3.11", handler: "app.handler", folder: "echo-python" },
];

interface Technique {
  name: string;
  args: string[];
  hasCompiler: boolean;
}

const isolated = ["--isolation", "namespaces"];

const techniques: Technique[] = [
  { name: "none: a plain process", args: ["--isolation", "none"], hasCompiler: true },
  { name: "namespaces: a chain of programs", args: [...isolated, "--standbys", "0", "--fork-servers", "no"], hasCompiler: false },
  { name: "namespaces: the native launcher", args: [...isolated, "--standbys", "0", "--fork-servers", "no"], hasCompiler: true },
  { name: "namespaces: forked", args: [...isolated, "--standbys", "0"], hasCompiler: true },
  { name: "namespaces: started ahead of need", args: [...isolated, "--fork-servers", "no"], hasCompiler: true },
];

interface Subject {
  technique: Technique;
  product: Server;
  lambda: LambdaClient;
  coldMs: Map<string, number[]>;
  warmMs: Map<string, number[]>;
}

async function open(technique: Technique, withoutCompiler: string): Promise<Subject> {
  const path = technique.hasCompiler ? process.env["PATH"] : `${withoutCompiler}:${process.env["PATH"]}`;
  const product = await startPilotlight(technique.args, { PATH: path });
  const lambda = await deploy(product, functions);
  return { technique, product, lambda, coldMs: new Map(), warmMs: new Map() };
}

async function timed(lambda: LambdaClient, name: string): Promise<number> {
  const startedMs = performance.now();
  const { FunctionError } = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: '{"text":"x"}' }));
  if (FunctionError !== undefined) throw new Error(`${name} failed`);
  return performance.now() - startedMs;
}

async function measure({ lambda, coldMs, warmMs }: Subject, name: string, round: number): Promise<void> {
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Description: `round ${round}` }));
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName: name });
  await pause(pauseMs);
  const [cold, warm] = [await timed(lambda, name), await timed(lambda, name)];
  // The first round warms up the product itself.
  if (round === 0) return;
  coldMs.set(name, [...(coldMs.get(name) ?? []), cold]);
  warmMs.set(name, [...(warmMs.get(name) ?? []), warm]);
}

function rowOf({ technique, coldMs, warmMs }: Subject, name: string, plainMs: number): string {
  const [cold, warm] = [coldMs.get(name)!, warmMs.get(name)!];
  return row(
    name,
    technique.name,
    quantile(cold, 0.5).toFixed(1),
    quantile(cold, 0.99).toFixed(1),
    Math.min(...cold).toFixed(1),
    quantile(warm, 0.5).toFixed(1),
    (quantile(cold, 0.5) / plainMs).toFixed(2),
  );
}

async function run({ rounds, isolations }: BenchOptions): Promise<string[]> {
  const versions = rounds * versionsPerRound;
  const withoutCompiler = await mkdtemp(join(tmpdir(), "pilotlight-bench-cc-"));
  await writeFile(join(withoutCompiler, "cc"), "#!/bin/sh\nexit 1\n");
  await chmod(join(withoutCompiler, "cc"), 0o755);
  const subjects: Subject[] = [];
  try {
    const possible = techniques.filter(({ args }) => isolations.includes(args[1] as string));
    for (const technique of possible) subjects.push(await open(technique, withoutCompiler));
    // The native launcher is compiled beside.
    await pause(3_000);
    for (let version = 0; version <= versions; version++) {
      for (const subject of subjects) for (const { name } of functions) await measure(subject, name, version);
      process.stderr.write(`cold starts: ${version} of ${versions}\n`);
    }
    const lines = [
      `As the SDK's client sees it; functions of 1,769 MB that do nothing; ${versions} fresh versions each; load average ${loadavg()[0]!.toFixed(1)} at the end.`,
      "",
      ...head("function", "isolation, technique", "cold p50 ms", "p99 ms", "best ms", "warm p50 ms", "cold p50 ÷ plain process"),
    ];
    for (const { name } of functions) {
      const plainMs = quantile(subjects[0]!.coldMs.get(name)!, 0.5);
      for (const subject of subjects) lines.push(rowOf(subject, name, plainMs));
    }
    return lines;
  } finally {
    for (const { lambda, product } of subjects) {
      lambda.destroy();
      await product.stop();
    }
    await rm(withoutCompiler, { recursive: true, force: true });
  }
}

export const coldStart: Section = { name: "cold", title: "Cold start", run };

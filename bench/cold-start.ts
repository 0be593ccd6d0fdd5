/**
 * `npm run bench:cold-start`: what the first invocation of a function costs, by driver and by technique. Every figure is of fresh versions: a change of
 * configuration gives up the environments. Techniques alternate from round to round; what a warm invocation takes stands beside, because the client is in both.
 */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { zipFolder } from "../examples/zip-folder.ts";
import { clientSettings, type Server, startPilotlight } from "./product.ts";
import { writeSection } from "./report.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "20" } } });
const rounds = Number(values.rounds);
/** Between two cold starts, so that what was started ahead of need is there again. */
const pauseMs = 400;

const functions = [
  { name: "nodejs", runtime: "nodejs26.x", handler: "index.handler", folder: "echo-node" },
  { name: "python", runtime: "python3.11", handler: "app.handler", folder: "echo-python" },
] as const;

interface Technique {
  name: string;
  args: string[];
  hasCompiler: boolean;
}

const techniques: Technique[] = [
  { name: "none: a plain process", args: ["--isolation", "none"], hasCompiler: true },
  { name: "namespaces: a chain of programs", args: ["--isolation", "namespaces", "--standbys", "0"], hasCompiler: false },
  { name: "namespaces: the native launcher", args: ["--isolation", "namespaces", "--standbys", "0"], hasCompiler: true },
  { name: "namespaces: started ahead of need", args: ["--isolation", "namespaces"], hasCompiler: true },
];

interface Subject {
  technique: Technique;
  product: Server;
  lambda: LambdaClient;
  coldMs: Map<string, number[]>;
  warmMs: Map<string, number[]>;
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function open(technique: Technique, withoutCompiler: string): Promise<Subject> {
  const path = technique.hasCompiler ? process.env["PATH"] : `${withoutCompiler}:${process.env["PATH"]}`;
  const product = await startPilotlight(technique.args, { PATH: path });
  const lambda = new LambdaClient(clientSettings(product));
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  const iam = new IAMClient(clientSettings(product));
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "bench", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  iam.destroy();
  for (const { name, runtime, handler, folder } of functions) {
    const ZipFile = await zipFolder(resolve(import.meta.dirname, "functions", folder));
    const settings = { FunctionName: name, Runtime: runtime, Handler: handler, Role: Role!.Arn!, Code: { ZipFile }, MemorySize: 1_769 };
    await lambda.send(new CreateFunctionCommand(settings));
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 300 }, { FunctionName: name });
  }
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

const quantile = (numbers: number[], part: number): number => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * part)]!;

function row({ technique, coldMs, warmMs }: Subject, name: string, plainMs: number): string {
  const [cold, warm] = [coldMs.get(name)!, warmMs.get(name)!];
  const cells = [
    name,
    technique.name,
    quantile(cold, 0.5).toFixed(1),
    quantile(cold, 0.99).toFixed(1),
    Math.min(...cold).toFixed(1),
    quantile(warm, 0.5).toFixed(1),
    (quantile(cold, 0.5) / plainMs).toFixed(2),
  ];
  return `| ${cells.join(" | ")} |`;
}

async function run(): Promise<void> {
  const withoutCompiler = await mkdtemp(join(tmpdir(), "pilotlight-bench-cc-"));
  await writeFile(join(withoutCompiler, "cc"), "#!/bin/sh\nexit 1\n");
  await chmod(join(withoutCompiler, "cc"), 0o755);
  const subjects: Subject[] = [];
  try {
    for (const technique of techniques) subjects.push(await open(technique, withoutCompiler));
    // The native launcher is compiled beside.
    await pause(3_000);
    for (let round = 0; round <= rounds; round++) {
      for (const subject of subjects) for (const { name } of functions) await measure(subject, name, round);
      process.stderr.write(`round ${round} of ${rounds}\n`);
    }
    const lines = [
      `Node ${process.version}, ${cpus().length} cores (${cpus()[0]!.model}), ${new Date(Date.now()).toISOString().slice(0, 10)}; as the SDK's client sees it, client, product and function sharing the cores; functions of 1,769 MB that do nothing; ${rounds} fresh versions each; load average ${loadavg()[0]!.toFixed(1)} at the end.`,
      "",
      "| function | isolation, technique | cold p50 ms | p99 ms | best ms | warm p50 ms | cold p50 ÷ plain process |",
      "|---|---|---|---|---|---|---|",
    ];
    for (const { name } of functions) {
      const plainMs = quantile(subjects[0]!.coldMs.get(name)!, 0.5);
      for (const subject of subjects) lines.push(row(subject, name, plainMs));
    }
    await writeSection("Cold start", lines.join("\n"));
    process.stdout.write(`${lines.join("\n")}\n`);
  } finally {
    for (const { lambda, product } of subjects) {
      lambda.destroy();
      await product.stop();
    }
    await rm(withoutCompiler, { recursive: true, force: true });
  }
}

await run();

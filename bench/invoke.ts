/**
 * `npm run bench:invoke`: warm invocations against a bare node:http echo server, side by side in one run, and cold starts. Rounds alternate
 * between the two, figures are medians over the rounds; ratios are what counts, because machines differ and are noisy.
 */
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { resolve } from "node:path";
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
import { type Load, measureLoad } from "./load-client.ts";
import { clientSettings, type Server, startEchoServer, startPilotlight } from "./product.ts";
import { writeSection } from "./report.ts";
import { signedInvocation } from "./signed-invocation.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    isolation: { type: "string", default: "none" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const connectionCounts = [1, 16, 64];
const coldStarts = 15;
const runtimes = [
  { runtime: "nodejs22.x", handler: "index.handler", folder: "echo-node" },
  { runtime: "python3.11", handler: "app.handler", folder: "echo-python" },
] as const;

const payload = JSON.stringify({ text: "x".repeat(1_000) });
const functionNameOf = (runtime: string): string => `echo-${runtime.replace(".", "-")}`;

async function deploy(lambda: LambdaClient, iam: IAMClient): Promise<void> {
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "bench", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  for (const { runtime, handler, folder } of runtimes) {
    const zip = await zipFolder(resolve(import.meta.dirname, "functions", folder));
    const name = functionNameOf(runtime);
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: runtime,
        Handler: handler,
        Role: Role!.Arn!,
        Code: { ZipFile: zip },
        // One processor's worth: smaller functions get a share of one, as on AWS.
        MemorySize: 1_769,
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 300 }, { FunctionName: name });
  }
}

/** A change of configuration gives up the environments, so the next invocation is a cold one. */
async function measureCold(lambda: LambdaClient, name: string): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < coldStarts; count++) {
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Description: `cold ${count}` }));
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName: name });
    const started = performance.now();
    await lambda.send(new InvokeCommand({ FunctionName: name, Payload: payload }));
    times.push(performance.now() - started);
  }
  return times;
}

interface Measured extends Load {
  /** Processor time of the server's main thread per request, in microseconds: what bounds it, and steadier than the rest on a busy machine. */
  cpuUs: number;
}

async function measure(server: Server, request: Buffer, connections: number): Promise<Measured> {
  const startedNs = await mainThreadNs(server);
  const load = await measureLoad(server.port, request, connections, seconds);
  return { ...load, cpuUs: ((await mainThreadNs(server)) - startedNs) / 1_000 / load.requestCount };
}

/** https://docs.kernel.org/scheduler/sched-stats.html; NaN where there is no such file. */
async function mainThreadNs({ pid }: Server): Promise<number> {
  const text = await readFile(`/proc/${pid}/task/${pid}/schedstat`, "latin1").catch(() => "");
  return Number(text.split(" ")[0] || Number.NaN);
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
const medianOf = (loads: Measured[], key: keyof Measured): number => median(loads.map((load) => load[key]));

async function compareWarm(echo: Server, product: Server, name: string, connections: number): Promise<string> {
  const echoRequest = Buffer.from(`POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${payload.length}\r\n\r\n${payload}`);
  const invocation = await signedInvocation(product, name, payload);
  const echoLoads: Measured[] = [];
  const loads: Measured[] = [];
  // Not measured: this many connections want as many environments, and those have to be made first.
  await measureLoad(product.port, invocation, connections, connections / 8);
  for (let round = 0; round < rounds; round++) {
    echoLoads.push(await measure(echo, echoRequest, connections));
    loads.push(await measure(product, invocation, connections));
    process.stderr.write(
      `${name}, ${connections} connections, round ${round + 1}: ${loads.at(-1)!.perSecond.toFixed(0)}/s (echo ${echoLoads.at(-1)!.perSecond.toFixed(0)}/s)\n`,
    );
  }
  const [own, bare] = [loads, echoLoads].map((each) => ({
    rate: medianOf(each, "perSecond"),
    p50: medianOf(each, "p50Ms"),
    p99: medianOf(each, "p99Ms"),
    cpu: medianOf(each, "cpuUs"),
  }));
  const cells = [
    name,
    connections,
    own!.rate.toFixed(0),
    bare!.rate.toFixed(0),
    (own!.rate / bare!.rate).toFixed(2),
    own!.p50.toFixed(3),
    (own!.p50 / bare!.p50).toFixed(1),
    own!.p99.toFixed(2),
    (own!.p99 / bare!.p99).toFixed(1),
    own!.cpu.toFixed(0),
    (own!.cpu / bare!.cpu).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}

async function run(): Promise<void> {
  const echo = await startEchoServer();
  const product = await startPilotlight(["--isolation", values.isolation]);
  try {
    const lambda = new LambdaClient(clientSettings(product));
    await deploy(lambda, new IAMClient(clientSettings(product)));
    const isolation = /isolation +(\w+)/.exec(product.lines.join("\n"))?.[1];
    const lines = [
      `Node ${process.version}, ${cpus().length} cores (${cpus()[0]!.model}), ${new Date(Date.now()).toISOString().slice(0, 10)}; 1 KB JSON payload; functions of 1,769 MB; isolation: ${isolation}; client, servers and functions share the cores; medians of ${rounds} rounds of ${seconds} s.`,
      "",
      "| function | connections | invocations/s | echo/s | ratio | p50 ms | × echo's | p99 ms | × echo's | main thread's CPU µs | × echo's |",
      "|---|---|---|---|---|---|---|---|---|---|---|",
    ];
    for (const { runtime } of runtimes)
      for (const connections of connectionCounts) lines.push(await compareWarm(echo, product, functionNameOf(runtime), connections));
    lines.push(
      "",
      `Cold start as the SDK's client sees it (median and worst of ${coldStarts}):`,
      "",
      "| function | median ms | worst ms |",
      "|---|---|---|",
    );
    for (const { runtime } of runtimes) {
      const times = await measureCold(lambda, functionNameOf(runtime));
      lines.push(`| ${functionNameOf(runtime)} | ${median(times).toFixed(1)} | ${Math.max(...times).toFixed(1)} |`);
    }
    await writeSection("Invocation", lines.join("\n"));
    process.stdout.write(`${lines.join("\n")}\n`);
  } finally {
    await Promise.all([product.stop(), echo.stop()]);
  }
}

await run();

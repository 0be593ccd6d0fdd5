/** The whole product for a test: in this process on a free port with a folder of its own, or as a process that can be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { SNS } from "@aws-sdk/client-sns";
import { STS } from "@aws-sdk/client-sts";
import { defaultListenerLimits, type ListenerLimits } from "#gateway/listener.ts";
import { silentLog } from "#kit/log.ts";
import { readConfig } from "../../src/config.ts";
import { start } from "../../src/main.ts";

export interface Clients {
  iam: IAM;
  lambda: Lambda;
  logs: CloudWatchLogs;
  sqs: SQS;
  sns: SNS;
  sts: STS;
}

export interface Product extends Clients, AsyncDisposable {
  endpoint: string;
  httpsEndpoint: string;
  dataFolder: string;
}

export const accountId = "000000000000";
export const roleArn = `arn:aws:iam::${accountId}:role/function-role`;

/** Shared by all tests, so that what has to be fetched is fetched once. */
export const toolchainFolder = resolve(import.meta.dirname, "../../node_modules/.cache/pilotlight-toolchains");

const trustPolicy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** Starts it with the role `roleArn` in place. */
export async function startProduct(limits: Partial<ListenerLimits> = {}, ...args: string[]): Promise<Product> {
  const dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-test-"));
  const config = readConfig(["--port", "0", "--data-dir", dataFolder, "--toolchain-dir", toolchainFolder, ...args], {
    PATH: process.env.PATH,
    // A test that wants processes to be started ahead of need says so: they cost more than most tests do.
    PILOTLIGHT_STANDBYS: "0",
    PILOTLIGHT_FORK_SERVERS: "no",
  });
  if (config === "help") throw new Error("unreachable");
  const running = await start(config, silentLog, () => {}, { ...defaultListenerLimits, ...limits });
  const clients = connect(running.endpoint);
  await clients.iam.createRole({ RoleName: "function-role", AssumeRolePolicyDocument: trustPolicy });
  return {
    ...clients,
    endpoint: running.endpoint,
    httpsEndpoint: running.httpsEndpoint!,
    dataFolder,
    async [Symbol.asyncDispose]() {
      for (const client of Object.values(clients)) client.destroy();
      await running[Symbol.asyncDispose]();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** Real clients, as root, without retries: a test wants to see the first answer. */
export function connect(endpoint: string, credentials = { accessKeyId: "test", secretAccessKey: "test" }): Clients {
  const settings = { endpoint, region: "us-east-1", credentials, maxAttempts: 1, disableHostPrefix: true };
  return {
    iam: new IAM(settings),
    lambda: new Lambda(settings),
    logs: new CloudWatchLogs(settings),
    sqs: new SQS(settings),
    sns: new SNS(settings),
    sts: new STS(settings),
  };
}

export interface ProductProcess {
  endpoint: string;
  /** What it wrote up to and with the line that says where it is. */
  banner: string;
  process: ChildProcess;
  /** What it wrote to standard error. */
  errors: () => string;
}

/** Runs src/main.ts as a process and waits until it is ready. Rejects with its output if it ends before. */
export function spawnProduct(dataFolder: string, ...args: string[]): Promise<ProductProcess> {
  return spawnProductBy([], dataFolder, ...args);
}

/** The same, by a command that becomes what its last arguments name: setpriv, for one. */
export async function spawnProductBy(command: readonly string[], dataFolder: string, ...args: string[]): Promise<ProductProcess> {
  const main = resolve(import.meta.dirname, "../../src/main.ts");
  const own = [
    process.execPath,
    main,
    "--port",
    "0",
    "--data-dir",
    dataFolder,
    "--toolchain-dir",
    toolchainFolder,
    "--standbys",
    "0",
    "--fork-servers",
    "no",
    ...args,
  ];
  const [program, ...rest] = [...command, ...own];
  const child = spawn(program as string, rest, { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  let banner = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  for await (const line of createInterface({ input: child.stdout })) {
    banner += `${line}\n`;
    if (line.startsWith("ready ")) return { endpoint: line.slice("ready ".length), banner, process: child, errors: () => errors };
  }
  if (child.exitCode === null) await once(child, "exit");
  throw new Error(errors);
}

/** Makes the role `roleArn` for a product that was started as a process. */
export async function createFunctionRole({ iam }: Clients): Promise<void> {
  await iam.createRole({ RoleName: "function-role", AssumeRolePolicyDocument: trustPolicy });
}

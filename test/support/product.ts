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
import { STS } from "@aws-sdk/client-sts";
import { defaultListenerLimits, type ListenerLimits } from "#gateway/listener.ts";
import { silentLog } from "#kit/log.ts";
import { readConfig } from "../../src/config.ts";
import { start } from "../../src/main.ts";

export interface Clients {
  iam: IAM;
  lambda: Lambda;
  logs: CloudWatchLogs;
  sts: STS;
}

export interface Product extends Clients, AsyncDisposable {
  endpoint: string;
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
  });
  if (config === "help") throw new Error("unreachable");
  const running = await start(config, silentLog, () => {}, { ...defaultListenerLimits, ...limits });
  const clients = connect(running.endpoint);
  await clients.iam.createRole({ RoleName: "function-role", AssumeRolePolicyDocument: trustPolicy });
  return {
    ...clients,
    endpoint: running.endpoint,
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
  return { iam: new IAM(settings), lambda: new Lambda(settings), logs: new CloudWatchLogs(settings), sts: new STS(settings) };
}

export interface ProductProcess {
  endpoint: string;
  process: ChildProcess;
  /** What it wrote to standard error. */
  errors: () => string;
}

/** Runs src/main.ts as a process and waits until it is ready. Rejects with its output if it ends before. */
export async function spawnProduct(dataFolder: string, ...args: string[]): Promise<ProductProcess> {
  const main = resolve(import.meta.dirname, "../../src/main.ts");
  const child = spawn(process.execPath, [main, "--port", "0", "--data-dir", dataFolder, "--toolchain-dir", toolchainFolder, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("ready ")) return { endpoint: line.slice("ready ".length), process: child, errors: () => errors };
  }
  if (child.exitCode === null) await once(child, "exit");
  throw new Error(errors);
}

/** Makes the role `roleArn` for a product that was started as a process. */
export async function createFunctionRole({ iam }: Clients): Promise<void> {
  await iam.createRole({ RoleName: "function-role", AssumeRolePolicyDocument: trustPolicy });
}

/** Starting what is measured, each in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

/** Not below /tmp, of which functions have one of their own: interpreters that were fetched to there would be none that can be forked. */
const dataParent = "/var/tmp";

/** Running invocations have 20 s to end, and what thousands of environments leave behind takes its time. */
const stopLimitMs = 120_000;

export interface Server {
  port: number;
  pid: number;
  /** What it said before it was ready. */
  lines: string[];
  stop: () => Promise<void>;
}

/** Runs a script with our Node and waits for its line `ready http://…:PORT`. */
export async function startServer(
  script: string,
  args: readonly string[],
  onStop: () => Promise<void> = async () => {},
  variables: NodeJS.ProcessEnv = {},
): Promise<Server> {
  const child: ChildProcess = spawn(process.execPath, [resolve(import.meta.dirname, script), ...args], {
    env: { ...process.env, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  let complaint = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    complaint = text.trim().split("\n").at(-1) || complaint;
    process.stderr.write(text);
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      // A bench must end, whatever it measures.
      const impatience = setTimeout(() => child.kill("SIGKILL"), stopLimitMs);
      await once(child, "exit");
      clearTimeout(impatience);
    }
    await onStop();
  };
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    const port = /^ready .*:(\d+)$/.exec(line)?.[1];
    if (port === undefined) {
      lines.push(line);
      continue;
    }
    child.stdout!.resume();
    return { port: Number(port), pid: child.pid!, lines, stop };
  }
  await closed;
  await onStop();
  throw new Error(complaint || `${script} ended before it was ready`);
}

/** With these flags besides, and these variables in its environment. */
export async function startPilotlight(args: readonly string[] = [], variables: NodeJS.ProcessEnv = {}): Promise<Server> {
  await mkdir(dataParent, { recursive: true });
  const dataFolder = await mkdtemp(join(dataParent, "pilotlight-bench-"));
  return startPilotlightIn(dataFolder, args, variables, () => rm(dataFolder, { recursive: true, force: true }));
}

export const startPilotlightIn = (
  dataFolder: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
  onStop?: () => Promise<void>,
): Promise<Server> =>
  startServer("../src/main.ts", ["--port", "0", "--data-dir", dataFolder, "--log-level", "warn", ...args], onStop, variables);

export const startEchoServer = (): Promise<Server> => startServer("echo-server.ts", []);

/** With so many processes behind it. */
export const startForwarder = (processes: number): Promise<Server> => startServer("forwarder.ts", [String(processes)]);

/** For the SDK's clients, as root. */
export const clientSettings = ({ port }: Pick<Server, "port">) => ({
  endpoint: `http://127.0.0.1:${port}`,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});

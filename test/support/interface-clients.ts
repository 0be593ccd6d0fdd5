/** AWS's own runtime interface clients, as they are published: installed once, and kept beside the packages of npm. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Build, built, isBuilt } from "./built.ts";
import { long } from "./long.ts";

const run = promisify(execFile);

/** awslambdaric for the `python3` of this machine, whose version is as in `3.12`. Rejects, with the reason, if it cannot be had. */
export async function pythonClient(): Promise<{ program: string; version: string; packages: string }> {
  const { stdout } = await run("python3", ["-c", "import sys; print(sys.executable, '%d.%d' % sys.version_info[:2])"]);
  const [program, version] = stdout.trim().split(" ") as [string, string];
  const command = [program, "-m", "pip", "install", "--quiet", "--target", "$OUT", "--only-binary=:all:", "awslambdaric==4.2.2"];
  return { program, version, packages: await built({ name: "python-client", from: version, command }) };
}

/** Path of aws-lambda-ric's program. Rejects, with the reason, if it cannot be had; where it was never built, too, unless there is time for it. */
export async function nodeClient(): Promise<string> {
  const command = ["npm", "install", "--prefix", "$OUT", "--no-save", "--no-audit", "--no-fund", "aws-lambda-ric@4.0.2"];
  const build: Build = { name: "node-client", from: process.version, command };
  if (!long && !(await isBuilt(build))) throw new Error("it compiles a client of its own, which takes minutes: npm run test:long");
  return join(await built(build), "node_modules/aws-lambda-ric/index.mjs");
}

/** What came of it, for tests that are skipped otherwise. */
export const orReason = <T>(client: Promise<T>): Promise<T | string> =>
  client.catch((error: Error) => `AWS's client cannot be had here: ${error.message.slice(0, 500)}`);

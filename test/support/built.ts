/** Programs for tests that are built from sources by a toolchain of this machine, and packages of other registries: once, and kept beside the packages of npm. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const folder = resolve(import.meta.dirname, "../../node_modules/.cache/pilotlight-built");
const buildLimitMs = 15 * 60 * 1000;

export interface Build {
  name: string;
  /** What it is made of: another text, another build. */
  from: string;
  /** Run in an empty folder, which is kept if the command succeeds; `$OUT` is that folder, in arguments and in variables. */
  command: readonly string[];
  cwd?: string;
  variables?: Readonly<Record<string, string>>;
}

/** The folder that was built, now or earlier. */
export async function built({ name, from, command, cwd, variables = {} }: Build): Promise<string> {
  const target = targetOf({ name, from, command });
  if (await isThere(target)) return target;
  await mkdir(folder, { recursive: true });
  const out = await mkdtemp(`${target}-`);
  try {
    // Others want the processor, too.
    const words = ["nice", "-n", "19", ...command].map((word) => word.replaceAll("$OUT", out));
    const own = Object.entries(variables).map(([variable, value]) => [variable, value.replaceAll("$OUT", out)]);
    const [program, ...args] = words as [string, ...string[]];
    const options = { cwd: cwd ?? out, env: { ...process.env, ...Object.fromEntries(own) }, timeout: buildLimitMs, maxBuffer: 2 ** 26 };
    await run(program, args, options);
    await rename(out, target);
    return target;
  } catch (error) {
    await rm(out, { recursive: true, force: true });
    if (await isThere(target)) return target;
    throw error;
  }
}

/** Whether it was built before. */
export const isBuilt = (build: Build): Promise<boolean> => isThere(targetOf(build));

/** The text of every file of a folder, to tell one state of it from another. */
export async function textOf(sourceFolder: string): Promise<string> {
  const entries = await readdir(sourceFolder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(paths.sort().map((path) => readFile(path, "utf8")))).join("\n");
}

function targetOf({ name, from, command }: Pick<Build, "name" | "from" | "command">): string {
  const hash = createHash("sha256")
    .update(`${from}\n${command.join(" ")}`)
    .digest("hex");
  return join(folder, `${name}-${hash.slice(0, 16)}`);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Why a program cannot be used here, if it cannot. */
export const lacks = (program: string, ...args: string[]): Promise<string | undefined> =>
  run(program, args).then(
    () => undefined,
    () => `there is no ${program} here`,
  );

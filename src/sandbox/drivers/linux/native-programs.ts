/** What is written in C (native/), compiled where it is used, with whatever compiler there is. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const sourceFolder = resolve(import.meta.dirname, "../../../../native");
/** They come with Node. What is compiled with them runs in every version, older and newer: https://nodejs.org/api/n-api.html#node-api-version-matrix */
const nodeHeaders = join(dirname(process.execPath), "../include/node");
const compileLimitMs = 60_000;

interface NativeProgram {
  source: string;
  suffix: string;
  /** Tried in this order, because some compilers lack what the first takes. */
  options: ReadonlyArray<readonly string[]>;
}

const library = ["-shared", "-fPIC"];

const programs = {
  // Without libraries to load it starts in half the time.
  launcher: { source: "launcher.c", suffix: "", options: [["-static"], []] },
  forkServerNode: { source: "fork-server-node.c", suffix: ".node", options: [[...library, `-I${nodeHeaders}`]] },
  forkServerPython: { source: "fork-server-python.c", suffix: ".so", options: [library] },
} satisfies Record<string, NativeProgram>;

export type NativeName = keyof typeof programs;

/** Absolute path of the program, in that folder, which is compiled unless it is there. Rejects where there is no C compiler, or one that cannot. */
export async function compileNative(name: NativeName, folder: string, signal: AbortSignal): Promise<string> {
  const program: NativeProgram = programs[name];
  const path = join(folder, await fileName(program));
  await access(path).catch(() => compile(program, path, folder, signal));
  signal.throwIfAborted();
  return path;
}

async function compile({ source, options }: NativeProgram, path: string, folder: string, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, "compiling-"));
  try {
    const output = join(scratch, "output");
    let failure: unknown;
    for (const choice of options) {
      failure = await run("cc", ["-O2", ...choice, "-o", output, join(sourceFolder, source)], { timeout: compileLimitMs, signal }).then(
        () => undefined,
        (error: unknown) => failure ?? error,
      );
      if (failure === undefined) break;
    }
    if (failure !== undefined) throw failure;
    // Made aside and renamed: nobody sees half of it.
    await rename(output, path);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Named by what it is made of, so that another version of the product makes its own. */
async function fileName({ source, suffix }: NativeProgram): Promise<string> {
  const hash = createHash("sha256");
  const headers = (await readdir(sourceFolder)).filter((name) => name.endsWith(".h")).toSorted();
  for (const name of [source, ...headers]) hash.update(await readFile(join(sourceFolder, name)));
  return `${source.replace(/\.c$/, "")}-${process.arch}-${hash.digest("hex").slice(0, 16)}${suffix}`;
}

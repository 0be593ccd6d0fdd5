import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { SandboxFailure } from "../contract.ts";

const run = promisify(execFile);

export interface PythonInterpreter {
  /** The interpreter itself, not the link or shim that led to it. */
  program: string;
  /** Where its library is. */
  prefix: string;
}

const question = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable, sys.base_prefix, sep='\\n')";

/** Finds Python interpreters by version, on the PATH and among pyenv's. Each is asked, because a shim may exist and not work. */
export class PythonInterpreters {
  #searchPath: string;
  #found = new Map<string, Promise<PythonInterpreter>>();

  constructor(searchPath: string) {
    this.#searchPath = searchPath;
  }

  /** `version` as in `3.12`; rejects with `SandboxFailure`. A failure is not remembered. */
  find(version: string): Promise<PythonInterpreter> {
    let found = this.#found.get(version);
    if (!found) {
      found = this.#find(version);
      found.catch(() => this.#found.delete(version));
      this.#found.set(version, found);
    }
    return found;
  }

  async #find(version: string): Promise<PythonInterpreter> {
    const folders = this.#searchPath.split(delimiter).filter((folder) => folder !== "");
    const pyenvFolders = (await Promise.all(folders.map(versionFolders))).flat();
    const exact = [...folders, ...pyenvFolders].map((folder) => join(folder, `python${version}`));
    for (const candidate of [...exact, ...folders.map((folder) => join(folder, "python3"))]) {
      const interpreter = await ask(candidate, version);
      if (interpreter) return interpreter;
    }
    throw new SandboxFailure("runtime-missing", `Python ${version} is missing: put a working python${version} on the PATH.`);
  }
}

/** pyenv's shims run only the versions that are switched on; the others lie beside them. */
async function versionFolders(folder: string): Promise<string[]> {
  if (!folder.endsWith("/.pyenv/shims")) return [];
  const versions = join(dirname(folder), "versions");
  return (await readdir(versions).catch(() => [])).map((version) => join(versions, version, "bin"));
}

async function ask(candidate: string, version: string): Promise<PythonInterpreter | undefined> {
  const answer = await run(candidate, ["-I", "-c", question]).catch(() => undefined);
  const [found, program, prefix] = answer?.stdout.trim().split("\n") ?? [];
  return found === version && program && prefix ? { program, prefix } : undefined;
}

import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { SandboxFailure } from "../contract.ts";

const run = promisify(execFile);

/** A shim may wait for something that never comes. */
const askLimitMs = 10_000;

export interface RubyInterpreter {
  /** The interpreter itself, not the link or shim that led to it. */
  program: string;
  /** `3.4` */
  version: string;
  /** Where its library is. */
  prefix: string;
}

/** Where rbenv, asdf, mise, RVM and ruby-install keep theirs; the next step is a folder per version. */
export const usualRubyFolders = (): string[] => [
  ...[".rbenv/versions", ".asdf/installs/ruby", ".local/share/mise/installs/ruby", ".rvm/rubies", ".rubies"].map((name) =>
    join(homedir(), name),
  ),
  "/opt/rubies",
];

const question = 'puts RUBY_VERSION[/\\d+\\.\\d+/], RbConfig.ruby, RbConfig::CONFIG["prefix"]';

/** Finds the Rubies of this machine: on the PATH, and where version managers keep them. Each is asked, because a shim may exist and not work. */
export class RubyInterpreters {
  #searchPath: string;
  #folders: readonly string[];
  #all: Promise<RubyInterpreter[]> | undefined;

  /** `folders`: each may hold folders of Rubies. */
  constructor(searchPath: string, folders: readonly string[]) {
    this.#searchPath = searchPath;
    this.#folders = folders;
  }

  /**
   * `version` as in `3.4`. DIVERGES: where there is none, the next newer one. Rejects with `SandboxFailure`; a failure is not remembered.
   */
  async find(version: string): Promise<RubyInterpreter> {
    this.#all ??= this.#search();
    const fitting = (await this.#all)
      .filter((ruby) => order(ruby.version) >= order(version))
      .toSorted((a, b) => order(a.version) - order(b.version));
    if (fitting[0]) return fitting[0];
    this.#all = undefined;
    const message = `Ruby ${version} is missing: put a working ruby ${version} or newer on the PATH (rbenv install ${version}, or your distribution's).`;
    throw new SandboxFailure("runtime-missing", message);
  }

  async #search(): Promise<RubyInterpreter[]> {
    const folders = this.#searchPath.split(delimiter).filter((folder) => folder !== "");
    const kept = (await Promise.all(this.#folders.map(versionFolders))).flat();
    const names = (await Promise.all(folders.map(rubiesIn))).flat();
    const found = await Promise.all([...names, ...kept.map((folder) => join(folder, "bin", "ruby"))].map(ask));
    return found.filter((ruby) => ruby !== undefined);
  }
}

/** A number by which versions can be compared. */
function order(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 1_000 + minor;
}

/** `ruby`, and `ruby3.4` as Debian names it. */
async function rubiesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^ruby(?:\d+\.\d+)?$/.test(name)).map((name) => join(folder, name));
}

const versionFolders = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).map((name) => join(folder, name));

async function ask(candidate: string): Promise<RubyInterpreter | undefined> {
  const answer = await run(candidate, ["--disable-gems", "-rrbconfig", "-e", question], { timeout: askLimitMs }).catch(() => undefined);
  const [version, program, prefix] = answer?.stdout.trim().split("\n") ?? [];
  return version && program && prefix ? { version, program, prefix } : undefined;
}

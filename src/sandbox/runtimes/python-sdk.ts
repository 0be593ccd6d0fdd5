import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Log } from "#kit/log.ts";

const run = promisify(execFile);

const installLimitMs = 5 * 60 * 1000;
const compileLimitMs = 60 * 1000;

/** What is asked of pip: exactly the packages that are named, whatever its user has set, and no long wait for a network that is not there. */
const pipOptions = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary=:all:", "--require-hashes"];
const patience = ["--retries", "1", "--timeout", "15"];
/** What its user may have switched on, for good reasons, that has no place here. */
const switchedOff = ["PIP_USER=0", "PIP_REQUIRE_VIRTUALENV=0"];

/**
 * boto3 for functions that import it without bringing it, as on AWS: fetched by pip at the first use of a Python, once for all versions (the packages hold
 * no native code), and compiled for each, because functions may not write what they have compiled.
 */
export class PythonSdk {
  #requirementsFile: string;
  #toolchainFolder: string;
  #log: Log;
  #folder: Promise<string | undefined> | undefined;
  #installing: Promise<string | undefined> | undefined;
  #compiling = new Map<string, Promise<void>>();

  /** `requirementsFile`: in pip's form, with hashes. */
  constructor(requirementsFile: string, toolchainFolder: string, log: Log) {
    this.#requirementsFile = requirementsFile;
    this.#toolchainFolder = toolchainFolder;
    this.#log = log;
  }

  /** Absolute path of the folder, whether it exists or not; undefined where no packages are named. */
  folder(): Promise<string | undefined> {
    this.#folder ??= this.#nameFolder();
    return this.#folder;
  }

  async #nameFolder(): Promise<string | undefined> {
    const requirements = await readFile(this.#requirementsFile, "utf8").catch(() => undefined);
    if (requirements === undefined) return undefined;
    return join(this.#toolchainFolder, `python-sdk-${createHash("sha256").update(requirements).digest("hex").slice(0, 12)}`);
  }

  async isHere(): Promise<boolean> {
    const folder = await this.folder();
    return folder === undefined || exists(folder);
  }

  /** Never rejects: a function that does not want boto3 shall run without a network. What failed is not tried again by this process. */
  async prepare(program: string, version: string): Promise<void> {
    const folder = await this.folder();
    if (folder === undefined) return;
    this.#installing ??= this.#install(program, folder);
    if ((await this.#installing) === undefined) return;
    const compiling = this.#compiling.get(version) ?? this.#compile(program, version, folder);
    this.#compiling.set(version, compiling);
    await compiling;
  }

  async #install(program: string, folder: string): Promise<string | undefined> {
    if (await exists(folder)) return folder;
    this.#log.info("fetching boto3 for functions in Python, once");
    await mkdir(this.#toolchainFolder, { recursive: true });
    const partial = await mkdtemp(`${folder}-`);
    try {
      const options = [...pipOptions, ...patience, "--target", partial, "--requirement", this.#requirementsFile];
      await run("/usr/bin/env", [...switchedOff, program, "-m", "pip", "install", ...options], { timeout: installLimitMs });
      // mkdtemp lets only us in; functions may run as another user.
      await chmod(partial, 0o755);
      await rename(partial, folder);
      this.#log.info("boto3 is here");
      return folder;
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      // A twin may have been quicker.
      if (await exists(folder)) return folder;
      const why = (error as { stderr?: string }).stderr?.trim().split("\n").at(-1) ?? (error as Error).message;
      this.#log.warn("functions in Python find no boto3 of ours: pip could not fetch it, which the next start tries again", { why });
      return undefined;
    }
  }

  async #compile(program: string, version: string, folder: string): Promise<void> {
    const marker = join(folder, `.compiled-${version}`);
    if (await exists(marker)) return;
    await run(program, ["-m", "compileall", "-q", folder], { timeout: compileLimitMs }).catch(() => {});
    await writeFile(marker, "").catch(() => {});
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

import { execFile } from "node:child_process";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Log } from "#kit/log.ts";
import { findProgram } from "../system-programs.ts";

const run = promisify(execFile);

/** What a runtime is asked to do beside running functions takes no longer. */
const commandLimitMs = 20_000;

/** gVisor's kernel is its own: processes of ours cannot be in its process namespace, and its network stack knows no sockets of ours. */
const gvisor = "runsc";

/**
 * The command line that runc made common and crun, runsc, youki and Kata's share:
 * https://github.com/opencontainers/runtime-tools/blob/master/docs/command-line-interface.md
 */
export class OciRuntime {
  /** As it calls itself: `runc version 1.1.5`. */
  readonly version: string;
  readonly hasKernelOfItsOwn: boolean;
  #program: string;
  /** Where it keeps what it knows of its containers, a folder each. */
  #stateFolder: string;
  #canKeep: boolean;

  private constructor(program: string, stateFolder: string, version: string, canKeep: boolean) {
    this.#program = program;
    this.#stateFolder = stateFolder;
    this.#canKeep = canKeep;
    this.version = version;
    this.hasKernelOfItsOwn = version.startsWith(gvisor);
  }

  /** `name`: of a program on the PATH, or its path. Rejects if there is none that answers. */
  static async find(name: string, stateFolder: string): Promise<OciRuntime> {
    const program = await findProgram(name);
    if (program === undefined) throw new Error(`there is no program ${name}`);
    const [version, help] = await Promise.all([
      run(program, ["--version"], { timeout: commandLimitMs }),
      run(program, ["run", "--help"], { timeout: commandLimitMs }).catch(() => ({ stdout: "" })),
    ]).catch((cause: unknown) => {
      throw new Error(`${program} is no container runtime`, { cause });
    });
    await mkdir(stateFolder, { recursive: true, mode: 0o700 });
    return new OciRuntime(program, stateFolder, version.stdout.split("\n", 1)[0] ?? "", /--keep\b/.test(help.stdout));
  }

  /** The command line that runs a bundle and ends as its process does, passing on descriptor 3 if wanted. */
  runCommand(id: string, bundle: string, wantsFrames: boolean): string[] {
    const frames = this.hasKernelOfItsOwn ? ["--pass-fd", "3:3"] : ["--preserve-fds", "1"];
    return [
      ...this.#command,
      // Not into what the function writes.
      ...["--log", join(bundle, "log"), "run"],
      // Kept, the control group still tells how much memory was in use.
      ...(this.#canKeep ? ["--keep"] : []),
      ...(wantsFrames ? frames : []),
      ...["--bundle", bundle, id],
    ];
  }

  /** The command line that runs one more process, described in a file, in a container, and ends as it does. Its number goes into `pidFile`. */
  execCommand(id: string, processFile: string, pidFile: string, wantsFrames: boolean): string[] {
    return [...this.#command, "exec", ...(wantsFrames ? ["--preserve-fds", "1"] : []), "--process", processFile, "--pid-file", pidFile, id];
  }

  /** Ends what runs in a container and forgets it. */
  async delete(id: string): Promise<void> {
    const folder = join(this.#stateFolder, id);
    if (!(await exists(folder))) return;
    const [program, ...args] = this.#command;
    await run(program, [...args, "delete", "--force", id], { timeout: commandLimitMs }).catch(() => {});
    // It was killed while it wrote there, and does not know it.
    await rm(folder, { recursive: true, force: true });
  }

  /** Deletes the containers that a daemon which was killed has left. */
  async sweep(log: Log): Promise<void> {
    const left = await readdir(this.#stateFolder);
    for (const id of left) await this.delete(id);
    if (left.length > 0) log.info("swept containers that an earlier run left", { containers: left.length });
  }

  get #command(): [program: string, ...args: string[]] {
    // gVisor takes the sockets of the network namespace that it is given, which has only what we made in there.
    return [this.#program, ...(this.hasKernelOfItsOwn ? ["--network=host"] : []), "--root", this.#stateFolder];
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Control groups, written by ourselves: one parent for every Pilotlight of the machine, one group below it per launch, alike on version 1, on
 * version 2 and on machines that mix them.
 *
 * https://docs.kernel.org/admin-guide/cgroup-v1/index.html, https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { join } from "node:path";
import { sleep, type Clock } from "#kit/clock.ts";
import { kill } from "../marked-processes.ts";
import {
  type Controller,
  controllers,
  type Hierarchies,
  openParents,
  ownMembership,
  parentName,
  processesIn,
  remakeParents,
} from "./hierarchies.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: at 1,769 MB a function has the equivalent of one vCPU. */
export const memoryMbPerCpu = 1_769;
/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: processes and threads. */
export const maxProcesses = 1_024;
/** Short, so that a function with a small share waits often and briefly, instead of seldom and long. */
const cpuPeriodUs = 20_000;
/** The kernel takes no less. */
const minCpuQuotaUs = 1_000;

const endingPollMs = 5;
/** Ten seconds: on a busy machine even killed processes take their time. */
const maxEndingPolls = 2_000;

/** All groups of one driver. */
export class CgroupTree {
  readonly missing: readonly Controller[];
  #parents: Hierarchies;
  /** Names of groups begin with the id of the process that made them: so those of a process that was killed are known. */
  #prefix: string;
  #clock: Clock;
  #count = 0;

  private constructor(parents: Hierarchies, label: string, clock: Clock) {
    this.#parents = parents;
    this.#prefix = `${process.pid}-${label}-`;
    this.#clock = clock;
    this.missing = controllers.filter((controller) => !parents.has(controller));
  }

  /**
   * Makes the parents, and removes what processes that are gone have left below them. `label`, which is without dashes, tells the users of run folders apart:
   * one such has a folder at a time, so that groups of its label are leftovers, whoever has their process id now.
   */
  static async open(label: string, clock: Clock, membership = ownMembership()): Promise<CgroupTree> {
    const tree = new CgroupTree(openParents(membership), label, clock);
    await tree.#sweep((name) => name.split("-")[1] === label || !isAlive(Number.parseInt(name, 10)));
    return tree;
  }

  /** A group with limits on memory and processes; that on the processor comes later. Throws if it cannot be made. */
  create(memoryMb: number): Cgroup {
    const name = `${this.#prefix}${this.#count++}`;
    try {
      return new Cgroup(this.#parents, name, memoryMb, this.#clock);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      remakeParents(this.#parents);
      return new Cgroup(this.#parents, name, memoryMb, this.#clock);
    }
  }

  async close(): Promise<void> {
    await this.#sweep((name) => name.startsWith(this.#prefix));
    // It stays while others use it.
    for (const parent of foldersOf(this.#parents)) attempt(() => rmdirSync(parent));
  }

  async #sweep(isMeant: (name: string) => boolean): Promise<void> {
    const parents = foldersOf(this.#parents);
    // Another Pilotlight may have removed a parent as it left.
    const entries = parents.flatMap((parent) => attempt(() => readdirSync(parent, { withFileTypes: true })) ?? []);
    const names = new Set(entries.filter((entry) => entry.isDirectory() && isMeant(entry.name)).map(({ name }) => name));
    await Promise.all(
      [...names].map((name) =>
        emptyAndRemove(
          parents.map((parent) => join(parent, name)),
          this.#clock,
        ),
      ),
    );
  }
}

/** The group of one launch. */
export class Cgroup {
  #parents: Hierarchies;
  #name: string;
  #folders: readonly string[];
  #memoryMb: number;
  #clock: Clock;

  constructor(parents: Hierarchies, name: string, memoryMb: number, clock: Clock) {
    this.#parents = parents;
    this.#name = name;
    this.#folders = foldersOf(parents).map((parent) => join(parent, name));
    this.#clock = clock;
    this.#memoryMb = memoryMb;
    for (const folder of this.#folders) mkdirSync(folder);
    this.limitMemory(memoryMb);
    this.#write("pids", { 1: { "pids.max": maxProcesses }, 2: { "pids.max": maxProcesses } });
  }

  /** From the top of each hierarchy, unless only a part of it was delegated to us. */
  get path(): string {
    return `/${parentName}/${this.#name}`;
  }

  /** A process enters by writing `0` into each. */
  get doors(): string[] {
    return this.#folders.map((folder) => join(folder, "cgroup.procs"));
  }

  /** Later limits must not be higher than the first one. */
  limitMemory(memoryMb: number): void {
    this.#memoryMb = memoryMb;
    const memoryBytes = memoryMb * 1024 * 1024;
    this.#write("memory", { 1: { "memory.limit_in_bytes": memoryBytes }, 2: { "memory.max": memoryBytes } });
    // Swap would let a function use more; a kernel without it lacks the files.
    attempt(() => this.#write("memory", { 1: { "memory.memsw.limit_in_bytes": memoryBytes }, 2: { "memory.swap.max": 0 } }));
  }

  /** Whether the processes give way to all others, because nobody waits for them. */
  setYielding(isYielding: boolean): void {
    const [least, usual] = [
      { 1: { "cpu.shares": 2 }, 2: { "cpu.weight": 1 } },
      { 1: { "cpu.shares": 1_024 }, 2: { "cpu.weight": 100 } },
    ] as const;
    this.#write("cpu", isYielding ? least : usual);
  }

  /** From now on the processor is shared in proportion to the memory. */
  limitCpu(): void {
    const quotaUs = Math.max(Math.round((this.#memoryMb / memoryMbPerCpu) * cpuPeriodUs), minCpuQuotaUs);
    this.#write("cpu", {
      1: { "cpu.cfs_period_us": cpuPeriodUs, "cpu.cfs_quota_us": quotaUs },
      2: { "cpu.max": `${quotaUs} ${cpuPeriodUs}` },
    });
  }

  /** The most memory that was in use at once; where the kernel does not keep that (version 2 before 5.19), what is in use now; or 0. */
  peakMemoryBytes(): number {
    const at = this.#parents.get("memory");
    if (!at) return 0;
    const files = at.version === 1 ? ["memory.max_usage_in_bytes"] : ["memory.peak", "memory.current"];
    for (const file of files) {
      const bytes = attempt(() => Number(readFileSync(join(at.folder, this.#name, file), "latin1")));
      if (bytes !== undefined) return bytes;
    }
    return 0;
  }

  /** Kills every process in it until none is left, and removes it. */
  remove(): Promise<void> {
    return emptyAndRemove(this.#folders, this.#clock);
  }

  /** Writes the files of the version in use; nothing where the controller is missing. */
  #write(controller: Controller, files: Record<1 | 2, Record<string, string | number>>): void {
    const at = this.#parents.get(controller);
    if (!at) return;
    for (const [file, value] of Object.entries(files[at.version])) writeFileSync(join(at.folder, this.#name, file), String(value));
  }
}

function foldersOf(hierarchies: Hierarchies): string[] {
  return [...new Set([...hierarchies.values()].map(({ folder }) => folder))];
}

/** The folders are those of one group, in several hierarchies. */
async function emptyAndRemove(folders: readonly string[], clock: Clock): Promise<void> {
  for (let poll = 0; poll < maxEndingPolls; poll++) {
    for (const folder of folders) killAll(folder);
    const isRemoved = await Promise.all(
      folders.map((folder) =>
        rmdir(folder).then(
          () => true,
          (error: NodeJS.ErrnoException) => error.code === "ENOENT",
        ),
      ),
    );
    if (isRemoved.every(Boolean)) return;
    await sleep(clock, endingPollMs);
  }
}

/** At once where the kernel does that (version 2 from 5.14), so that who forks cannot outrun it; else one by one. */
function killAll(folder: string): void {
  const all = join(folder, "cgroup.kill");
  if (existsSync(all)) attempt(() => writeFileSync(all, "1"));
  else for (const pid of processesIn(folder)) kill(pid);
}

export const isAlive = (pid: number): boolean => attempt(() => process.kill(pid, 0)) ?? false;

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

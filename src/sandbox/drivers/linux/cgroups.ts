/**
 * Control groups, written by ourselves: one parent for every Pilotlight of the machine, below it one per driver, which caps the memory of all
 * functions together, and below that one per launch; alike on version 1, on version 2 and on machines that mix them.
 *
 * https://docs.kernel.org/admin-guide/cgroup-v1/index.html, https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { join } from "node:path";
import { sleep, type Clock } from "#kit/clock.ts";
import type { MemoryUse } from "../../memory-budget.ts";
import type { Freezer } from "../driver.ts";
import { kill } from "../marked-processes.ts";
import { awakeSuffix, GroupFreezer } from "./group-freezer.ts";
import {
  type Controller,
  controllers,
  doorFile,
  freezeFile,
  type Hierarchies,
  type Membership,
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
/** What the sockets of an environment may hold unread. */
const maxSocketMb = 32;
/** Short, so that a function with a small share waits often and briefly, instead of seldom and long. */
const cpuPeriodUs = 20_000;
/** The kernel takes no less. */
const minCpuQuotaUs = 1_000;

const megabyte = 1024 * 1024;

const endingPollMs = 5;
/** Ten seconds: on a busy machine even killed processes take their time. */
const maxEndingPolls = 2_000;

export interface CgroupOptions {
  /** For all groups together. */
  memoryMb?: number;
  membership?: Membership;
}

/** All groups of one driver. */
export class CgroupTree {
  readonly missing: readonly Controller[];
  #parents: Hierarchies;
  /** Below the parents. Begins with the id of the process that made it: so those of a process that was killed are known. */
  #name: string;
  #own: Hierarchies;
  #memoryMb: number | undefined;
  #clock: Clock;
  #count = 0;

  private constructor(parents: Hierarchies, label: string, clock: Clock, memoryMb: number | undefined) {
    this.#parents = parents;
    this.#name = `${process.pid}-${label}`;
    this.#own = below(parents, this.#name);
    this.#memoryMb = memoryMb;
    this.#clock = clock;
    this.missing = controllers.filter((controller) => !parents.has(controller));
  }

  /**
   * Makes the parents, and removes what processes that are gone have left below them. `label`, which is without dashes, tells the users of run folders apart:
   * one such has a folder at a time, so that groups of its label are leftovers, whoever has their process id now.
   */
  static async open(label: string, clock: Clock, { memoryMb, membership = ownMembership() }: CgroupOptions = {}): Promise<CgroupTree> {
    const tree = new CgroupTree(openParents(membership), label, clock, memoryMb);
    await tree.#sweep((name) => name.split("-")[1] === label || !isAlive(Number.parseInt(name, 10)));
    return tree;
  }

  /** A group with limits on memory and processes; that on the processor comes later. Throws if it cannot be made. */
  create(memoryMb: number): Cgroup {
    const name = String(this.#count++);
    try {
      return new Cgroup(this.#own, this.#name, name, memoryMb, this.#clock);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      // The first of all, or another Pilotlight has removed a parent as it left.
      remakeParents(this.#parents);
      this.#makeOwn();
      return new Cgroup(this.#own, this.#name, name, memoryMb, this.#clock);
    }
  }

  /** Of all groups together; undefined where that is not counted, or nothing has run yet. What can be had back from the files' cache does not count. */
  memoryUse(): MemoryUse | undefined {
    const at = this.#own.get("memory");
    if (!at || this.#memoryMb === undefined) return undefined;
    const [usage, cache] = at.version === 1 ? ["memory.usage_in_bytes", "total_inactive_file"] : ["memory.current", "inactive_file"];
    return attempt(() => {
      const [, cachedBytes] = new RegExp(`^${cache} (\\d+)$`, "m").exec(readFileSync(join(at.folder, "memory.stat"), "utf8")) ?? [];
      const usedBytes = Number(readFileSync(join(at.folder, usage), "utf8")) - Number(cachedBytes ?? 0);
      return { usedBytes: Math.max(usedBytes, 0), limitBytes: (this.#memoryMb as number) * megabyte };
    });
  }

  async close(): Promise<void> {
    await this.#sweep((name) => name === this.#name || name === this.#name + awakeSuffix);
    // It stays while others use it.
    for (const parent of foldersOf(this.#parents)) attempt(() => rmdirSync(parent));
  }

  #makeOwn(): void {
    for (const folder of foldersOf(this.#own)) mkdirSync(folder, { recursive: true });
    for (const [controller, { version, folder }] of this.#own) {
      if (version === 2 && controller !== "freezer") writeFileSync(join(folder, "cgroup.subtree_control"), `+${controller}`);
    }
    if (this.#memoryMb !== undefined) limitMemory(this.#own, this.#memoryMb);
  }

  async #sweep(isMeant: (name: string) => boolean): Promise<void> {
    const parents = foldersOf(this.#parents);
    const names = namesIn(parents).filter(isMeant);
    await Promise.all(
      names.map(async (name) => {
        const folders = parents.map((parent) => join(parent, name));
        const inner = namesIn(folders).map((innerName) => folders.map((folder) => join(folder, innerName)));
        await Promise.all(inner.map((group) => emptyAndRemove(group, this.#clock)));
        await emptyAndRemove(folders, this.#clock);
      }),
    );
  }
}

/** The group of one launch. */
export class Cgroup {
  /** From the top of each hierarchy, unless only a part of it was delegated to us. */
  readonly path: string;
  #places: Hierarchies;
  /** Those that processes enter at their start. Where groups are frozen in a hierarchy of its own, they enter that when it comes to it. */
  #folders: readonly string[];
  /** Of a group, of one hierarchy: what a process enters by. */
  #doors: readonly string[];
  #memoryMb: number;
  #hasImage = false;
  #isYielding = false;
  #hasCpuLimit = false;
  #clock: Clock;
  #freezer: GroupFreezer | undefined;

  constructor(parents: Hierarchies, parent: string, name: string, memoryMb: number, clock: Clock) {
    this.path = `/${parentName}/${parent}/${name}`;
    this.#places = below(parents, name);
    const limiting = new Map([...this.#places].filter(([controller]) => controller !== "freezer"));
    const entered = limiting.size > 0 ? limiting : this.#places;
    this.#folders = foldersOf(entered);
    this.#doors = [...new Set([...entered.values()].map(({ version, folder }) => join(folder, doorFile[version])))];
    this.#clock = clock;
    this.#memoryMb = memoryMb;
    for (const folder of this.#folders) mkdirSync(folder);
    this.limitMemory(memoryMb);
    // What waits in TCP and UDP sockets counts by itself in version 1, and only once it has a limit; in version 2 it is a part of the memory.
    attempt(() => write(this.#places, "memory", { 1: { "memory.kmem.tcp.limit_in_bytes": maxSocketMb * megabyte }, 2: {} }));
    write(this.#places, "pids", { 1: { "pids.max": maxProcesses }, 2: { "pids.max": maxProcesses } });
  }

  /** A process with a single thread enters by writing `0` into each. */
  get doors(): readonly string[] {
    return this.#doors;
  }

  /** Later limits must not be higher than the first one. */
  limitMemory(memoryMb: number): void {
    this.#memoryMb = memoryMb;
    limitMemory(this.#places, this.#hasImage ? 2 * memoryMb : memoryMb);
  }

  /** The processes will leave an image of their memory, which counts as theirs: the next limit has room for it. */
  expectImage(): void {
    this.#hasImage = true;
  }

  /** Whether the processes give way to all others, because nobody waits for them. */
  setYielding(isYielding: boolean): void {
    if (isYielding === this.#isYielding) return;
    this.#isYielding = isYielding;
    const [least, usual] = [
      { 1: { "cpu.shares": 2 }, 2: { "cpu.weight": 1 } },
      { 1: { "cpu.shares": 1_024 }, 2: { "cpu.weight": 100 } },
    ] as const;
    write(this.#places, "cpu", isYielding ? least : usual);
  }

  /** From now on the processor is shared in proportion to the memory. */
  limitCpu(): void {
    this.#hasCpuLimit = true;
    const quotaUs = Math.max(Math.round((this.#memoryMb / memoryMbPerCpu) * cpuPeriodUs), minCpuQuotaUs);
    write(this.#places, "cpu", {
      1: { "cpu.cfs_period_us": cpuPeriodUs, "cpu.cfs_quota_us": quotaUs },
      2: { "cpu.max": `${quotaUs} ${cpuPeriodUs}` },
    });
  }

  /** What was killed needs the processor to end: by a small share, hundreds of processes would take minutes. */
  unlimitCpu(): void {
    if (!this.#hasCpuLimit) return;
    this.#hasCpuLimit = false;
    attempt(() => write(this.#places, "cpu", { 1: { "cpu.cfs_quota_us": -1 }, 2: { "cpu.max": `max ${cpuPeriodUs}` } }));
  }

  /** The most memory that was in use at once; where the kernel does not keep that (version 2 before 5.19), what is in use now; or 0. */
  peakMemoryBytes(): number {
    const at = this.#places.get("memory");
    if (!at) return 0;
    const files = at.version === 1 ? ["memory.max_usage_in_bytes"] : ["memory.peak", "memory.current"];
    for (const file of files) {
      const bytes = attempt(() => Number(readFileSync(join(at.folder, file), "utf8")));
      if (bytes !== undefined) return bytes;
    }
    return 0;
  }

  /** Of all processes but that one, which waits for them. Undefined where groups cannot be frozen. */
  freezerWithout(leader: number): Freezer | undefined {
    const at = this.#places.get("freezer");
    const members = this.#folders.includes(at?.folder ?? "") ? undefined : this.#folders[0];
    if (at) this.#freezer ??= new GroupFreezer(at, leader, members);
    return this.#freezer;
  }

  /** Kills every process in it until none is left, and removes it. */
  async remove(): Promise<void> {
    this.#freezer?.close();
    await emptyAndRemove([...new Set([...this.#folders, ...(this.#freezer?.folders ?? [])])], this.#clock);
  }
}

/** Later limits of a group must not be higher than the first one. */
function limitMemory(groups: Hierarchies, memoryMb: number): void {
  const memoryBytes = memoryMb * megabyte;
  write(groups, "memory", { 1: { "memory.limit_in_bytes": memoryBytes }, 2: { "memory.max": memoryBytes } });
  // Swap would let a function use more; a kernel without it lacks the files.
  attempt(() => write(groups, "memory", { 1: { "memory.memsw.limit_in_bytes": memoryBytes }, 2: { "memory.swap.max": 0 } }));
}

/** Writes the files of the version in use; nothing where the controller is missing. */
function write(groups: Hierarchies, controller: Controller, files: Record<1 | 2, Record<string, string | number>>): void {
  const at = groups.get(controller);
  if (!at) return;
  for (const [file, value] of Object.entries(files[at.version])) writeFileSync(join(at.folder, file), String(value));
}

function below(parents: Hierarchies, name: string): Hierarchies {
  return new Map([...parents].map(([controller, { version, folder }]) => [controller, { version, folder: join(folder, name) }]));
}

/** Of the groups in these folders, each once. Another Pilotlight may have removed a folder as it left. */
function namesIn(folders: readonly string[]): string[] {
  const entries = folders.flatMap((folder) => attempt(() => readdirSync(folder, { withFileTypes: true })) ?? []);
  return [...new Set(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name))];
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
  // What is frozen on version 1 dies only when it is not any more.
  const state = join(folder, freezeFile[1]);
  if (existsSync(state)) attempt(() => writeFileSync(state, "THAWED"));
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

/**
 * Control groups, written by ourselves: one parent for every Pilotlight of the machine, one group below it per launch, alike on version 1, on
 * version 2 and on machines that mix them.
 *
 * https://docs.kernel.org/admin-guide/cgroup-v1/index.html, https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { sleep, type Clock } from "#kit/clock.ts";
import { kill } from "../marked-processes.ts";

export type Controller = "memory" | "cpu" | "pids";

export const controllers: readonly Controller[] = ["memory", "cpu", "pids"];

/** Where each controller that can be had is mounted. */
export type Hierarchies = ReadonlyMap<Controller, { version: 1 | 2; folder: string }>;

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: at 1,769 MB a function has the equivalent of one vCPU. */
export const memoryMbPerCpu = 1_769;
/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: processes and threads. */
export const maxProcesses = 1_024;
/** Short, so that a function with a small share waits often and briefly, instead of seldom and long. */
const cpuPeriodUs = 20_000;
/** The kernel takes no less. */
const minCpuQuotaUs = 1_000;

const endingPollMs = 5;
const maxEndingPolls = 400;

/** Reads where the controllers are from the text of /proc/self/mountinfo. `read` gives a file's text, or "" if there is none. */
export function findHierarchies(mountInfo: string, read: (path: string) => string): Hierarchies {
  const found = new Map<Controller, { version: 1 | 2; folder: string }>();
  for (const line of mountInfo.split("\n")) {
    const [front = "", back = ""] = line.split(" - ");
    const folder = front.split(" ")[4] ?? "";
    const [type, , options = ""] = back.split(" ");
    const names = type === "cgroup2" ? read(join(folder, "cgroup.controllers")).trim().split(" ") : options.split(",");
    if (type !== "cgroup" && type !== "cgroup2") continue;
    for (const controller of controllers) {
      if (names.includes(controller)) found.set(controller, { version: type === "cgroup2" ? 2 : 1, folder });
    }
  }
  return found;
}

const parentName = "pilotlight";

/** All groups of one driver. */
export class CgroupTree {
  readonly missing: readonly Controller[];
  #hierarchies: Hierarchies;
  /** Names of groups begin with the id of the process that made them: so those of a process that was killed are known. */
  #prefix: string;
  #clock: Clock;
  #count = 0;

  /** Makes the parent, and removes what processes that are gone have left below it. `label` tells drivers of one process apart. */
  constructor(label: string, clock: Clock) {
    this.#prefix = `${process.pid}-${label}-`;
    this.#clock = clock;
    const mountInfo = readFileSync("/proc/self/mountinfo", "utf8");
    const read = (path: string): string => readFileSync(path, "utf8");
    const usable = [...findHierarchies(mountInfo, read)].filter(([controller, at]) =>
      makeParent(join(at.folder, parentName), controller, at.version),
    );
    this.#hierarchies = new Map(usable);
    this.missing = controllers.filter((controller) => !this.#hierarchies.has(controller));
    this.#sweep((name) => !isAlive(Number.parseInt(name, 10)));
  }

  /** A group with limits on memory and processes; that on the processor comes later. Throws if it cannot be made. */
  create(memoryMb: number): Cgroup {
    return new Cgroup(this.#hierarchies, join(parentName, `${this.#prefix}${this.#count++}`), memoryMb, this.#clock);
  }

  close(): void {
    this.#sweep((name) => name.startsWith(this.#prefix));
    // It stays while others use it.
    for (const parent of foldersOf(this.#hierarchies, parentName)) attempt(() => rmdirSync(parent));
  }

  #sweep(isMeant: (name: string) => boolean): void {
    for (const parent of foldersOf(this.#hierarchies, parentName)) {
      const groups = readdirSync(parent, { withFileTypes: true }).filter((entry) => entry.isDirectory() && isMeant(entry.name));
      for (const { name } of groups) {
        for (const pid of processesIn(join(parent, name))) kill(pid);
        attempt(() => rmdirSync(join(parent, name)));
      }
    }
  }
}

/** The group of one launch. */
export class Cgroup {
  #hierarchies: Hierarchies;
  #path: string;
  #folders: readonly string[];
  #memoryMb: number;
  #clock: Clock;

  constructor(hierarchies: Hierarchies, path: string, memoryMb: number, clock: Clock) {
    this.#hierarchies = hierarchies;
    this.#path = path;
    this.#folders = foldersOf(hierarchies, path);
    this.#memoryMb = memoryMb;
    this.#clock = clock;
    // Recursively, because another Pilotlight may have removed the parent as it left.
    for (const folder of this.#folders) mkdirSync(folder, { recursive: true });
    const memoryBytes = memoryMb * 1024 * 1024;
    this.#write("memory", { 1: { "memory.limit_in_bytes": memoryBytes }, 2: { "memory.max": memoryBytes } });
    // Swap would let a function use more; a kernel without it lacks the files.
    attempt(() => this.#write("memory", { 1: { "memory.memsw.limit_in_bytes": memoryBytes }, 2: { "memory.swap.max": 0 } }));
    this.#write("pids", { 1: { "pids.max": maxProcesses }, 2: { "pids.max": maxProcesses } });
  }

  /** A process enters by writing `0` into each. */
  get doors(): string[] {
    return this.#folders.map((folder) => join(folder, "cgroup.procs"));
  }

  /** From now on the processor is shared in proportion to the memory. */
  limitCpu(): void {
    const quotaUs = Math.max(Math.round((this.#memoryMb / memoryMbPerCpu) * cpuPeriodUs), minCpuQuotaUs);
    this.#write("cpu", {
      1: { "cpu.cfs_period_us": cpuPeriodUs, "cpu.cfs_quota_us": quotaUs },
      2: { "cpu.max": `${quotaUs} ${cpuPeriodUs}` },
    });
  }

  /** The most memory that was in use at once; 0 where that is not known. */
  peakMemoryBytes(): number {
    const at = this.#hierarchies.get("memory");
    if (!at) return 0;
    const file = at.version === 1 ? "memory.max_usage_in_bytes" : "memory.peak";
    return attempt(() => Number(readFileSync(join(at.folder, this.#path, file), "utf8"))) ?? 0;
  }

  /** Kills every process in it until none is left, and removes it. */
  async remove(): Promise<void> {
    for (let poll = 0; poll < maxEndingPolls; poll++) {
      const processes = await Promise.all(this.#folders.map((folder) => readFile(join(folder, "cgroup.procs"), "latin1").catch(() => "")));
      const pids = processes.join("\n").split("\n").filter(Boolean).map(Number);
      for (const pid of pids) kill(pid);
      if (pids.length === 0 && (await this.#removed())) return;
      await sleep(this.#clock, endingPollMs);
    }
  }

  async #removed(): Promise<boolean> {
    const results = await Promise.all(
      this.#folders.map((folder) =>
        rmdir(folder).then(
          () => true,
          (error: NodeJS.ErrnoException) => error.code === "ENOENT",
        ),
      ),
    );
    return results.every(Boolean);
  }

  /** Writes the files of the version in use; nothing where the controller is missing. */
  #write(controller: Controller, files: Record<1 | 2, Record<string, string | number>>): void {
    const at = this.#hierarchies.get(controller);
    if (!at) return;
    for (const [file, value] of Object.entries(files[at.version])) writeFileSync(join(at.folder, this.#path, file), String(value));
  }
}

/** Whether groups with this controller can be made below the folder. */
function makeParent(folder: string, controller: Controller, version: 1 | 2): boolean {
  return (
    attempt(() => {
      mkdirSync(folder, { recursive: true });
      if (version === 2)
        for (const parent of [join(folder, ".."), folder]) writeFileSync(join(parent, "cgroup.subtree_control"), `+${controller}`);
      return true;
    }) ?? false
  );
}

function foldersOf(hierarchies: Hierarchies, path: string): string[] {
  return [...new Set([...hierarchies.values()].map(({ folder }) => join(folder, path)))];
}

function processesIn(folder: string): number[] {
  return (attempt(() => readFileSync(join(folder, "cgroup.procs"), "latin1")) ?? "").split("\n").filter(Boolean).map(Number);
}

const isAlive = (pid: number): boolean => attempt(() => process.kill(pid, 0)) ?? false;

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

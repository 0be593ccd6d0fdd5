/**
 * What this machine has for functions: memory, descriptors, processes. https://docs.kernel.org/filesystems/proc.html
 */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import type { Clock } from "#kit/clock.ts";
import type { MemoryUse } from "./memory-budget.ts";

/** Of the memory; the rest is for us, the kernel and its cache. */
const functionsPart = 0.8;

/** Of an environment: its output, its frames, the servers in its network, which are three; and whoever invokes it has a connection. */
const descriptorsPerEnvironment = 6;
/** For clients, files and databases. */
const ownDescriptors = 1_000;
/** Isolated ones have an address each: drivers/linux/network/address-block.ts. */
const mostEnvironments = 4_000;

/** Threads of an environment: eleven of Node's, and those around it. */
const tasksPerEnvironment = 16;
/** Others shall be able to start something, too. */
const usedTasksPart = 0.9;
/** In so short a time the rest is not used up. */
const readingMs = 50;

/** What functions may use together unless the operator says otherwise: of the machine, or of the control group that we were put into. */
export function defaultFunctionMemoryMb(): number {
  const constrainedBytes = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.floor((Math.min(totalmem(), constrainedBytes) * functionsPart) / (1024 * 1024));
}

/** What can still be had without swapping; undefined where the kernel does not say. */
export function machineMemory(): MemoryUse | undefined {
  const kilobytes = numberIn("/proc/meminfo", /^MemAvailable: +(\d+) kB$/m);
  return kilobytes === undefined ? undefined : { usedBytes: 0, limitBytes: kilobytes * 1024 };
}

/** As many environments as this process can have descriptors for. */
export function environmentsByDescriptors(): number {
  const descriptors = numberIn("/proc/self/limits", /^Max open files +\d+ +(\d+)/m) ?? Number.POSITIVE_INFINITY;
  return Math.min(mostEnvironments, Math.max(Math.floor((descriptors - ownDescriptors) / descriptorsPerEnvironment), 1));
}

/** Whether the kernel has numbers for the processes and threads of more environments. A reading is good for a while. */
export class TaskBudget {
  #clock: Clock;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #freeCount = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hasRoomFor(environmentCount: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#readAtMs >= readingMs) {
      this.#readAtMs = nowMs;
      this.#freeCount = freeTasks();
    }
    return environmentCount * tasksPerEnvironment <= this.#freeCount;
  }
}

function freeTasks(): number {
  const used = numberIn("/proc/loadavg", /\d+\/(\d+)/) ?? Number.NEGATIVE_INFINITY;
  const most = Math.min(
    ...["pid_max", "threads-max"].map((name) => numberIn(`/proc/sys/kernel/${name}`, /(\d+)/) ?? Number.POSITIVE_INFINITY),
  );
  return most * usedTasksPart - used;
}

/** Undefined where there is no such file, as outside of Linux. */
function numberIn(file: string, pattern: RegExp): number | undefined {
  try {
    // As UTF-8, which Node reads in half the time that other texts take.
    const [, text] = pattern.exec(readFileSync(file, "utf8")) ?? [];
    return text === undefined ? undefined : Number(text);
  } catch {
    return undefined;
  }
}

/** What the kernel tells of processes. https://man7.org/linux/man-pages/man5/proc.5.html; NaN or nothing where there is no such file. */
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Server } from "./product.ts";

/** Processor time of the main thread: what bounds a server, and steadier than the rest on a busy machine. */
export async function mainThreadNs({ pid }: Pick<Server, "pid">): Promise<number> {
  const text = await readFile(`/proc/${pid}/task/${pid}/schedstat`, "latin1").catch(() => "");
  return Number(text.split(" ")[0] || Number.NaN);
}

/** Processor time of all threads of all that a process has started; what has ended meanwhile is not counted. */
export function descendantsNs(root: number): number {
  const threads = descendantsOf(root).flatMap((pid) => threadsOf(pid).map((thread) => `/proc/${pid}/task/${thread}/schedstat`));
  return threads.reduce((sum, file) => sum + Number(read(file).split(" ")[0]), 0);
}

export interface MemoryFigures {
  /** Proportional: what is shared counts as part. */
  pssBytes: number;
  pageTableBytes: number;
  processCount: number;
}

/** Of a process, or of all that it has started. */
export function memoryOf(pids: readonly number[]): MemoryFigures {
  const kilobytes = (pid: number, file: string, name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(read(`/proc/${pid}/${file}`))?.[1] ?? 0) * 1024;
  return {
    pssBytes: pids.reduce((sum, pid) => sum + kilobytes(pid, "smaps_rollup", "Pss"), 0),
    pageTableBytes: pids.reduce((sum, pid) => sum + kilobytes(pid, "status", "VmPTE"), 0),
    processCount: pids.length,
  };
}

/** Without the process itself. */
export function descendantsOf(root: number): number[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(read(`/proc/${name}/stat`).split(") ").at(-1)?.split(" ")[1])]),
  );
  const below = (pid: number): number[] =>
    [...parents].filter(([, parent]) => parent === pid).flatMap(([child]) => [child, ...below(child)]);
  return below(root);
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

export function availableBytes(): number {
  return Number(/^MemAvailable: +(\d+) kB$/m.exec(read("/proc/meminfo"))?.[1] ?? Number.NaN) * 1024;
}

export const descriptorCountOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

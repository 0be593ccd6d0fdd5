import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Clock } from "#kit/clock.ts";

/** One sample serves all questions of this long, so that asking costs nothing on the hot path. */
const sampleIntervalMs = 100;

/** The peak resident memory of one process: the kernel's own high-water mark on Linux, elsewhere the largest sample of `ps`. */
export class PeakMemory {
  #clock: Clock;
  #pid: number;
  #peakBytes = 0;
  #sampledAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, pid: number) {
    this.#clock = clock;
    this.#pid = pid;
  }

  bytes(): number {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#sampledAtMs >= sampleIntervalMs) {
      this.#sampledAtMs = nowMs;
      if (process.platform === "linux") this.#raiseTo(highWaterMarkBytes(this.#pid));
      else this.#askPs();
    }
    return this.#peakBytes;
  }

  #raiseTo(bytes: number): void {
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
  }

  #askPs(): void {
    execFile("ps", ["-o", "rss=", "-p", String(this.#pid)], (_, stdout) => this.#raiseTo((Number(stdout) || 0) * 1024));
  }
}

/** The sum of the peaks of a process's children; 0 once they are gone. Linux only. */
export function childrenPeakBytes(pid: number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean);
    return children.reduce((sum, child) => sum + highWaterMarkBytes(Number(child)), 0);
  } catch {
    return 0;
  }
}

/** VmHWM of https://man7.org/linux/man-pages/man5/proc_pid_status.5.html; 0 once the process is gone. */
function highWaterMarkBytes(pid: number): number {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return Number(match?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

import type { ChildProcess } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { sleep, type Clock } from "#kit/clock.ts";
import type { ProcessExit, RunningProcess } from "./driver.ts";
import { kill } from "./marked-processes.ts";

/** How long the output of an exited process may take to be read, if its reader has paused. */
const outputGraceMs = 1_000;

/** What is a driver's own about the processes it starts. */
export interface Company extends Pick<RunningProcess, "peakMemoryBytes" | "holdToCpuShare"> {
  /** The leader is gone: ends whatever it has started. Never rejects. */
  endRest(): Promise<void>;
}

/** A child that leads a process group, with the processes that it starts. */
export class SpawnedProcess implements RunningProcess {
  readonly pid: number;
  readonly frames?: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<ProcessExit>;
  #company: Company;
  #hasExited = false;

  constructor(child: ChildProcess, clock: Clock, company: Company) {
    this.pid = child.pid as number;
    this.stdout = child.stdout as Readable;
    this.stderr = child.stderr as Readable;
    const frames = child.stdio[3] as Duplex | null | undefined;
    if (frames) this.frames = frames;
    this.#company = company;
    this.exited = this.#untilGone(child, clock);
  }

  peakMemoryBytes(): number {
    return this.#company.peakMemoryBytes();
  }

  holdToCpuShare(): void {
    this.#company.holdToCpuShare();
  }

  async stop(): Promise<ProcessExit> {
    this.#company.peakMemoryBytes();
    // Once the leader has been reaped its number may belong to somebody else.
    if (!this.#hasExited) kill(-this.pid);
    return this.exited;
  }

  async #untilGone(child: ChildProcess, clock: Clock): Promise<ProcessExit> {
    const streams = [this.stdout, this.stderr, ...(this.frames ? [this.frames] : [])];
    const ended = Promise.all(streams.map(untilEnded));
    const exit = await new Promise<ProcessExit>((resolve) =>
      child.once("exit", (code, signal) => {
        this.#hasExited = true;
        kill(-this.pid);
        resolve({ code, signal });
      }),
    );
    this.#company.peakMemoryBytes();
    await this.#company.endRest();
    const grace = new AbortController();
    await Promise.race([ended, sleep(clock, outputGraceMs, grace.signal).catch(() => {})]);
    grace.abort();
    for (const stream of streams) stream.destroy();
    return exit;
  }
}

function untilEnded(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    // A socket whose peer died unread reports an error; it has ended all the same.
    stream
      .once("end", resolve)
      .once("close", resolve)
      .on("error", () => resolve());
  });
}

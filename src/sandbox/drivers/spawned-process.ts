import type { Duplex, Readable } from "node:stream";
import { sleep, type Clock } from "#kit/clock.ts";
import type { Freezer, MemoryImage, ProcessExit, RunningProcess } from "./driver.ts";
import type { Leader } from "./leader.ts";
import { kill } from "./marked-processes.ts";

/** How long the output of an exited process may take to be read, if its reader has paused. */
const outputGraceMs = 1_000;

/** How long a leader may take to see that what it has started is gone. */
const leaderGraceMs = 2_000;

/** Nearly all are gone by then. */
const hurryAfterMs = 100;

/** What is a driver's own about the processes it starts. */
export interface Company extends Pick<RunningProcess, "peakMemoryBytes" | "holdToCpuShare" | "specialise"> {
  /** The leader is gone: ends whatever it has started. Never rejects. */
  endRest(): Promise<void>;
  /** Kills what the leader has started, at which the leader ends by itself; without it, the leader's process group is killed. */
  kill?(): void;
  /** They were killed, and are not gone after a moment: no limit of the processor shall keep them from ending. */
  hurry?(): void;
  /** Where the leader is not the program itself. */
  terminate?(): void;
  /** What the program has left of its memory; it belongs to whoever asks. */
  image?(): MemoryImage | undefined;
  /** Of everything that was started. */
  freezer?(): Freezer | undefined;
  /** How the function ended, where its leader is a program that only passes it on. */
  asExit?(exit: ProcessExit): ProcessExit;
}

/** The leader of a process group, with the processes that it starts. */
export class SpawnedProcess implements RunningProcess {
  readonly pid: number;
  readonly frames?: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<ProcessExit>;
  readonly specialise?: NonNullable<RunningProcess["specialise"]>;
  #company: Company;
  #clock: Clock;
  #hasExited = false;

  constructor(leader: Leader, clock: Clock, company: Company) {
    this.pid = leader.pid;
    this.stdout = leader.stdout;
    this.stderr = leader.stderr;
    if (leader.frames) this.frames = leader.frames;
    if (company.specialise) this.specialise = company.specialise;
    this.#company = company;
    this.#clock = clock;
    this.exited = this.#untilGone(leader);
  }

  get image(): MemoryImage | undefined {
    return this.#company.image?.();
  }

  get freezer(): Freezer | undefined {
    return this.#company.freezer?.();
  }

  peakMemoryBytes(): number {
    return this.#company.peakMemoryBytes();
  }

  holdToCpuShare(): void {
    // What it left behind may still be read, when its control group is gone already.
    if (!this.#hasExited) this.#company.holdToCpuShare();
  }

  terminate(): void {
    if (this.#hasExited) return;
    this.freezer?.thaw();
    if (this.#company.terminate) this.#company.terminate();
    else process.kill(this.pid, "SIGTERM");
  }

  async stop(): Promise<ProcessExit> {
    this.#company.peakMemoryBytes();
    this.freezer?.thaw();
    // Once the leader has been reaped its number may belong to somebody else.
    if (!this.#hasExited) this.#kill();
    return this.exited;
  }

  #kill(): void {
    const patience = this.#clock.after(hurryAfterMs, () => this.#company.hurry?.());
    void this.exited.then(() => patience.cancel());
    if (!this.#company.kill) return void kill(-this.pid);
    this.#company.kill();
    const timer = this.#clock.after(leaderGraceMs, () => {
      if (!this.#hasExited) kill(-this.pid);
    });
    void this.exited.then(() => timer.cancel());
  }

  async #untilGone(leader: Leader): Promise<ProcessExit> {
    const streams = [...new Set([this.stdout, this.stderr, ...(this.frames ? [this.frames] : [])])];
    const ended = Promise.all(streams.map(untilEnded));
    const exit = await leader.exited;
    this.#hasExited = true;
    kill(-this.pid);
    this.#company.peakMemoryBytes();
    await this.#company.endRest();
    const grace = new AbortController();
    await Promise.race([ended, sleep(this.#clock, outputGraceMs, grace.signal).catch(() => {})]);
    // A reason of ours: by itself it would be an error with a stack.
    grace.abort("ended");
    for (const stream of streams) stream.destroy();
    return this.#company.asExit?.(exit) ?? exit;
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

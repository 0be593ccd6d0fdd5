import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { Semaphore } from "#kit/semaphore.ts";
import type { ProcessExit } from "../driver.ts";
import type { Leader } from "../leader.ts";
import { markerVariable } from "../marked-processes.ts";
import { closeAll, type DescriptorPassing } from "./descriptor-passing.ts";

/** The kernel lets ten messages wait, by default: https://man7.org/linux/man-pages/man7/unix.7.html, net.unix.max_dgram_qlen. */
const maxUnanswered = 8;
/** Paths are no longer. The value makes room for a launch's own. */
const markerRoom = "-".repeat(4_096);

const reportBytes = 12;
const reports = { started: 1, ended: 2, refused: 3 };

interface Launch {
  onStarted(pid: number): void;
  onRefused(error: Error): void;
  ended: PromiseWithResolvers<ProcessExit>;
}

/** What a launch's process gets besides the order. */
export interface LaunchDescriptors {
  wantsFrames: boolean;
  mergesOutput?: boolean | undefined;
  /** Of a network namespace, if it has one of its own. */
  network?: number;
  /** The file of an image, which it is to fill or to become. */
  image?: number | undefined;
}

/**
 * The native launcher (native/launcher.c), to which orders are sent: a small process that starts all others, because a large one, as this may be, takes
 * long to fork. It ends with us, and everything that it started ends with it.
 */
export class LaunchServer implements AsyncDisposable {
  #passing: DescriptorPassing;
  #child: ChildProcess;
  #orders: number;
  #launches = new Map<number, Launch>();
  #count = 0;
  #turns = new Semaphore(maxUnanswered);
  #rest: Buffer = Buffer.alloc(0);
  /** Resolves when it has ended. */
  readonly gone: Promise<void>;
  #complaint = "";

  private constructor(passing: DescriptorPassing, child: ChildProcess, orders: number) {
    this.#passing = passing;
    this.#child = child;
    this.#orders = orders;
    this.gone = once(child, "exit").then(() => this.#fail());
    (child.stderr as Readable).on("data", (chunk: Buffer) => (this.#complaint = chunk.toString().trim()));
    (child.stdio[4] as Readable).on("data", (chunk: Buffer) => this.#read(chunk)).on("error", () => {});
  }

  /** Rejects if the program cannot be started. */
  static async start(program: string, passing: DescriptorPassing): Promise<LaunchServer> {
    const [orders, theirs] = passing.pair("messages");
    try {
      const child = spawn(program, [String(process.pid)], {
        cwd: "/",
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", [markerVariable]: markerRoom },
        stdio: ["ignore", "ignore", "pipe", theirs, "pipe"],
        detached: true,
      });
      await once(child, "spawn");
      return new LaunchServer(passing, child, orders);
    } catch (error) {
      closeSync(orders);
      throw error;
    } finally {
      closeSync(theirs);
    }
  }

  /** Of an order as native/order.h says. Resolves when the leader has been started; rejects if it cannot be. */
  launch(order: Buffer, descriptors: LaunchDescriptors): Promise<Leader> {
    return this.#turns.run(() => this.#launch(order, descriptors));
  }

  /** Of an order that starts nothing. */
  tell(order: Buffer): Promise<void> {
    return this.#turns.run(async () => this.#passing.send(this.#orders, this.#numbered(0, order), []));
  }

  /** Whether it can start anything. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) this.#child.kill("SIGKILL");
    await this.gone;
  }

  async #launch(order: Buffer, { wantsFrames, mergesOutput, network, image }: LaunchDescriptors): Promise<Leader> {
    const pairs = Array.from({ length: (mergesOutput ? 1 : 2) + (wantsFrames ? 1 : 0) }, () => this.#passing.pair("stream"));
    const theirs = pairs.map(([, end]) => end);
    const streams = mergesOutput ? [theirs[0] as number, ...theirs] : theirs;
    const ended = Promise.withResolvers<ProcessExit>();
    try {
      const others = [network, image].filter((descriptor) => descriptor !== undefined);
      const pid = await this.#send(order, [...streams, ...others], ended);
      const sockets = pairs.map(([fd]) => new Socket({ fd, readable: true, writable: true }));
      const [stdout, stderr, frames] = (mergesOutput ? [sockets[0], ...sockets] : sockets) as [Socket, Socket, Socket?];
      return { pid, stdout, stderr, frames, exited: ended.promise };
    } catch (error) {
      closeAll(pairs.map(([end]) => end));
      throw error;
    } finally {
      closeAll(theirs);
    }
  }

  #send(order: Buffer, descriptors: readonly number[], ended: Launch["ended"]): Promise<number> {
    const number = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#launches.set(number, { onStarted: resolve, onRefused: reject, ended });
      try {
        if (!this.isRunning) throw new Error("the launcher has ended");
        this.#passing.send(this.#orders, this.#numbered(number, order), descriptors);
      } catch (error) {
        this.#launches.delete(number);
        throw error;
      }
    });
  }

  #numbered(number: number, order: Buffer): Buffer {
    const bytes = Buffer.alloc(4 + order.length);
    bytes.writeUInt32LE(number, 0);
    order.copy(bytes, 4);
    return bytes;
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (; at + reportBytes <= bytes.length; at += reportBytes) {
      this.#take(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4), bytes.readInt32LE(at + 8));
    }
    this.#rest = bytes.subarray(at);
  }

  #take(number: number, kind: number, value: number): void {
    const launch = this.#launches.get(number);
    if (!launch) return;
    if (kind === reports.started) return launch.onStarted(value);
    this.#launches.delete(number);
    if (kind === reports.ended) launch.ended.resolve(exitOf(value));
    else launch.onRefused(new Error("the launcher refused an order"));
  }

  /** It is gone, and everything that it had started. */
  #fail(): void {
    closeSync(this.#orders);
    for (const { onRefused, ended } of this.#launches.values()) {
      onRefused(new Error(`the launcher has ended: ${this.#complaint}`));
      ended.resolve({ code: null, signal: "SIGKILL" });
    }
    this.#launches.clear();
  }
}

/** The usual name comes first in Node's list, its synonyms (SIGIOT, SIGPOLL) after it. */
const signalNames = new Map(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [number, name as NodeJS.Signals]),
);

/** Of a status as waitpid gives it. */
function exitOf(status: number): ProcessExit {
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >> 8) & 0xff, signal: null } : { code: null, signal: signalNames.get(signal) ?? "SIGKILL" };
}

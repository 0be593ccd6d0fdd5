import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import type { Duplex, Readable } from "node:stream";
import { sleep, type Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { DriverDescription } from "../contract.ts";
import {
  ProgramMissing,
  type Driver,
  type LaunchFolders,
  type LaunchOrder,
  type Places,
  type ProcessExit,
  type RunningProcess,
} from "./driver.ts";
import { findFileView, layersPlace, type FileView } from "./file-view.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { kill, killMarked, markerVariable } from "./marked-processes.ts";
import { PeakMemory } from "./peak-memory.ts";
import { findProgram, runs } from "./system-programs.ts";

/** How long the output of an exited process may take to be read, if its reader has paused. */
const outputGraceMs = 1_000;

/**
 * Plain processes of the user that runs the product, on every system: each in a session and process group of its own, with only
 * the variables and descriptors that it was given and, where mounting is allowed, a view of the files of its own. It keeps functions from
 * stumbling over each other; it protects neither them nor the machine from a hostile one.
 */
export async function openProcessDriver(options: { runFolder: string; clock: Clock; log: Log }): Promise<Driver> {
  await sweepLeftovers(options.runFolder, options.log);
  const [fileView, dieWithParent] = await Promise.all([findFileView(options.runFolder), findDieWithParent()]);
  return new ProcessDriver(options.clock, fileView, dieWithParent);
}

/** What makes the kernel kill a process when the thread that started it, our main one, is gone; empty where there is no such thing. */
async function findDieWithParent(): Promise<string[]> {
  const command = [(await findProgram("setpriv")) ?? "setpriv", "--pdeathsig", "KILL", "--"];
  return (await runs([...command, "/bin/sh", "-c", ":"])) ? command : [];
}

class ProcessDriver implements Driver {
  #clock: Clock;
  #fileView: FileView | undefined;
  #dieWithParent: readonly string[];

  constructor(clock: Clock, fileView: FileView | undefined, dieWithParent: readonly string[]) {
    this.#clock = clock;
    this.#fileView = fileView;
    this.#dieWithParent = dieWithParent;
  }

  async launch(order: LaunchOrder): Promise<RunningProcess> {
    const { environment, tmp, task } = order.folders;
    await access(order.program, constants.X_OK).catch(() => {
      throw new ProgramMissing(order.program);
    });
    const [program, ...args] = [
      ...((await this.#fileView?.command(order.folders)) ?? []),
      // After unshare: gaining capabilities in a user namespace would clear the wish.
      ...this.#dieWithParent,
      this.#seen(order),
      ...order.args,
    ];
    // HOME is not the user's, whose ~/.aws an SDK would read.
    const places: Record<string, string> = this.#fileView ? { HOME: "/tmp" } : { HOME: tmp, TMPDIR: tmp };
    const child = spawn(program as string, args, {
      cwd: task,
      env: { ...places, ...order.variables, [markerVariable]: environment },
      stdio: order.wantsFrames ? ["ignore", "pipe", "pipe", "pipe"] : ["ignore", "pipe", "pipe"],
      detached: true,
    });
    await once(child, "spawn");
    return new PlainProcess(child, environment, this.#clock);
  }

  places(folders: LaunchFolders): Places {
    return this.#fileView?.places(folders) ?? { task: folders.task, layers: folders.layers ?? layersPlace, hasFileSystems: false };
  }

  /** The program's path in the function's eyes. */
  #seen({ program, folders }: LaunchOrder): string {
    const { task, layers } = this.places(folders);
    if (program.startsWith(`${folders.task}/`)) return task + program.slice(folders.task.length);
    if (folders.layers !== undefined && program.startsWith(`${folders.layers}/`)) return layers + program.slice(folders.layers.length);
    return program;
  }

  describe(): DriverDescription {
    const tmp = this.#fileView ? "a private /tmp" : "only a TMPDIR of their own (/tmp is shared)";
    return {
      name: "process",
      isolation: `NONE: functions run as plain processes of this user, with ${tmp} and no limit on memory; they can read and change what this user can`,
      isolates: false,
      advice: [
        "Run only code that you trust, or run the product as a user that owns nothing else.",
        ...(this.#fileView
          ? []
          : ["Allow `unshare --mount` (Linux, root or user namespaces) so that functions get a private /tmp, /var/task and /opt."]),
        ...(this.#dieWithParent.length > 0
          ? []
          : ["Install `setpriv` (util-linux) so that functions die at once when the product is killed."]),
      ],
    };
  }
}

class PlainProcess implements RunningProcess {
  readonly pid: number;
  readonly frames?: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<ProcessExit>;
  #marker: string;
  #memory: PeakMemory;
  #hasExited = false;

  constructor(child: ChildProcess, marker: string, clock: Clock) {
    this.pid = child.pid as number;
    this.stdout = child.stdout as Readable;
    this.stderr = child.stderr as Readable;
    const frames = child.stdio[3] as Duplex | null | undefined;
    if (frames) this.frames = frames;
    this.#marker = marker;
    this.#memory = new PeakMemory(clock, this.pid);
    this.exited = this.#untilGone(child, clock);
  }

  peakMemoryBytes(): number {
    return this.#memory.bytes();
  }

  async stop(): Promise<ProcessExit> {
    this.#memory.bytes();
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
    await killMarked(this.#marker);
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

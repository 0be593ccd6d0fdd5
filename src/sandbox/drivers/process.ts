import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { DriverDescription } from "../contract.ts";
import {
  checkProgram,
  sandboxNames,
  seenProgram,
  type Driver,
  type LaunchFolders,
  type LaunchOrder,
  type Network,
  type Places,
  type RunningProcess,
  type SandboxOrder,
  type SharedSandbox,
} from "./driver.ts";
import { findFileView, hostsPlace, layersPlace, type FileView } from "./file-view.ts";
import { makeFolders, sweepLeftovers } from "./leftovers.ts";
import { childLeader } from "./leader.ts";
import { killMarked, markerVariable } from "./marked-processes.ts";
import { PeakMemory } from "./peak-memory.ts";
import { SharedNetwork } from "./shared-network.ts";
import { SpawnedProcess } from "./spawned-process.ts";
import { findProgram, runs } from "./system-programs.ts";

export interface ProcessOptions {
  runFolder: string;
  clock: Clock;
  log: Log;
  /** Why no driver that isolates could be had, if one was wanted. */
  isolationFailure?: string;
}

/**
 * Plain processes of the user that runs the product, on every system: each in a session and process group of its own, with only
 * the variables and descriptors that it was given and, where mounting is allowed, a view of the files of its own. It keeps functions from
 * stumbling over each other; it protects neither them nor the machine from a hostile one.
 */
export async function openProcessDriver(options: ProcessOptions): Promise<Driver> {
  await sweepLeftovers(options.runFolder, options.log);
  const [fileView, dieWithParent] = await Promise.all([findFileView(options.runFolder), findDieWithParent()]);
  return new ProcessDriver(options.clock, fileView, dieWithParent, options.isolationFailure);
}

/** The machine's own, with the name under which extensions let servers listen: it is theirs where a view of the files can show it. */
async function hostsFile(environment: string): Promise<string> {
  const path = join(environment, "hosts");
  await writeFile(
    path,
    `${await readFile(hostsPlace, "utf8").catch(() => "127.0.0.1 localhost\n")}\n127.0.0.1 ${sandboxNames.join(" ")}\n`,
  );
  return path;
}

/** What makes the kernel kill a process when the thread that started it, our main one, is gone; empty where there is no such thing. */
async function findDieWithParent(): Promise<string[]> {
  const command = [(await findProgram("setpriv")) ?? "setpriv", "--pdeathsig", "KILL", "--"];
  return (await runs([...command, "/bin/sh", "-c", ":"])) ? command : [];
}

class ProcessDriver implements Driver {
  readonly hasPrivateNetworks = false;
  readonly hasImages = false;
  #clock: Clock;
  #fileView: FileView | undefined;
  #dieWithParent: readonly string[];
  #isolationFailure: string | undefined;

  constructor(clock: Clock, fileView: FileView | undefined, dieWithParent: readonly string[], isolationFailure: string | undefined) {
    this.#clock = clock;
    this.#fileView = fileView;
    this.#dieWithParent = dieWithParent;
    this.#isolationFailure = isolationFailure;
  }

  launch(order: LaunchOrder): Promise<RunningProcess> {
    return this.#launch(order, async () => void (await killMarked(order.folders.environment)));
  }

  /** Programs of one sandbox have views of their own, of the same folders. */
  async openSandbox(order: SandboxOrder): Promise<SharedSandbox> {
    const { environment } = order.folders;
    await makeFolders(order.folders);
    const hosts = await hostsFile(environment);
    return {
      start: (program) => this.#launch({ ...order, ...program }, async () => {}, hosts),
      stop: async () => void (await killMarked(environment)),
    };
  }

  /** `endRest`: see Company. */
  async #launch(order: LaunchOrder, endRest: () => Promise<void>, hosts?: string): Promise<RunningProcess> {
    const { environment, tmp, task } = order.folders;
    await Promise.all([checkProgram(order), makeFolders(order.folders)]);
    const [program, ...args] = [
      ...((await this.#fileView?.command(order.folders, hosts)) ?? []),
      // After unshare: gaining capabilities in a user namespace would clear the wish.
      ...this.#dieWithParent,
      seenProgram(order.program, order.folders, this.places(order.folders)),
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
    const memory = new PeakMemory(this.#clock, child.pid as number);
    return new SpawnedProcess(childLeader(child), this.#clock, {
      peakMemoryBytes: () => memory.bytes(),
      holdToCpuShare() {},
      endRest,
    });
  }

  places(folders: LaunchFolders): Places {
    return this.#fileView?.places(folders) ?? { task: folders.task, layers: folders.layers ?? layersPlace, hasFileSystems: false };
  }

  openNetwork(): Network {
    return new SharedNetwork();
  }

  describe(): DriverDescription {
    const tmp = this.#fileView ? "a private /tmp" : "only a TMPDIR of their own (/tmp is shared)";
    return {
      name: "process",
      isolation: `NONE: functions run as plain processes of this user, with ${tmp} and no limit on memory; they can read and change what this user can`,
      isolates: false,
      advice: [
        ...(this.#isolationFailure === undefined ? [] : [`Functions cannot be isolated here: ${this.#isolationFailure}.`]),
        "Run only code that you trust, or start as root on Linux, where functions are isolated from each other and from this machine.",
        ...(this.#fileView
          ? []
          : ["Allow `unshare --mount` (Linux, root or user namespaces) so that functions get a private /tmp, /var/task and /opt."]),
        ...(this.#dieWithParent.length > 0
          ? []
          : ["Install `setpriv` (util-linux) so that functions die at once when the product is killed."]),
      ],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

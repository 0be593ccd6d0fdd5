import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, open, rm, stat, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { DriverDescription } from "../../contract.ts";
import {
  checkProgram,
  seenProgram,
  type Driver,
  type LaunchFolders,
  type LaunchOrder,
  type Places,
  type RunningProcess,
} from "../driver.ts";
import { sweepLeftovers } from "../leftovers.ts";
import { killMarked, markerVariable } from "../marked-processes.ts";
import { SpawnedProcess } from "../spawned-process.ts";
import { CgroupTree } from "./cgroups.ts";
import { launchCommand, placesOf, variablesScript } from "./launch-script.ts";
import { PrivateNetwork } from "./private-network.ts";
import { seccompLauncher } from "./seccomp/launcher.ts";
import { loadSystemCalls, type SystemCalls } from "./system-calls.ts";
import { TemplateRoots } from "./template-roots.ts";
import { TmpImages } from "./tmp-images.ts";
import { findTools, type Tools } from "./tools.ts";

/** User ids that no distribution gives to anybody. Each environment has its own; after a million they begin anew. */
const firstUid = 0x7000_0000;
const uidCount = 1_000_000;

/** How often Max Memory Used is read at most. */
const sampleIntervalMs = 100;

export interface NamespacesOptions {
  runFolder: string;
  clock: Clock;
  log: Log;
}

/**
 * Namespaces of Linux, put together with the programs of util-linux, which every machine has: the function sees files, processes and a network of
 * its own, as a user without any rights, within its memory and its share of the processor. Rejects, with the reason, where that does not work:
 * it takes root.
 */
export async function openNamespaceDriver(options: NamespacesOptions): Promise<Driver> {
  if (process.platform !== "linux") throw new Error("this is not Linux");
  if (process.getuid?.() !== 0) throw new Error("only root may make them");
  const [tools, calls] = await Promise.all([findTools(), loadSystemCalls(), sweepLeftovers(options.runFolder, options.log)]);
  if (!calls) throw new Error("Node has no node:ffi");
  const name = createHash("sha256").update(options.runFolder).digest("hex").slice(0, 12);
  const parts = { ...options, tools, calls, cgroups: new CgroupTree(name, options.clock) };
  const images = await TmpImages.open(options.runFolder);
  const launcher = process.arch === "x64" ? join(options.runFolder, "seccomp") : undefined;
  if (launcher !== undefined) await writeFile(launcher, seccompLauncher(), { mode: 0o755 });
  // The best that works here is found out by trying.
  let failure = "";
  for (const choice of [{ images, launcher }, { launcher }, { images }, {}]) {
    const driver = new NamespaceDriver(parts, choice.images, choice.launcher);
    const complaint = await driver.tryOut();
    if (complaint === undefined) return driver;
    failure ||= complaint;
    await driver[Symbol.asyncDispose]();
  }
  throw new Error(failure);
}

interface Parts extends NamespacesOptions {
  tools: Tools;
  calls: SystemCalls;
  cgroups: CgroupTree;
}

class NamespaceDriver implements Driver {
  readonly hasPrivateNetworks = true;
  #parts: Parts;
  #images: TmpImages | undefined;
  #hasSeccomp: boolean;
  #roots: TemplateRoots;
  #uids = new WeakMap<LaunchFolders, number>();
  #environments = 0;

  constructor(parts: Parts, images: TmpImages | undefined, launcher: string | undefined) {
    this.#parts = parts;
    this.#images = images;
    this.#hasSeccomp = launcher !== undefined;
    this.#roots = new TemplateRoots(join(parts.runFolder, "root"), parts.tools, launcher);
  }

  async launch(order: LaunchOrder): Promise<RunningProcess> {
    const { folders } = order;
    await checkProgram(order.program);
    const uid = this.#uidOf(folders);
    const readable = await readableFolders(folders);
    const [holder, tmp, passwd, extraGroups] = await Promise.all([
      this.#roots.holder(readable),
      this.#tmpOf(order),
      passwdFile(folders, uid),
      groupsOf(folders),
    ]);
    const variables = await openVariables(order);
    const cgroup = this.#parts.cgroups.create(order.memoryMb);
    const site = {
      tools: this.#parts.tools,
      holder,
      root: this.#roots.folder,
      groupDoors: cgroup.doors,
      uid,
      tmp,
      readable,
      passwd,
      hasSeccomp: this.#hasSeccomp,
      extraGroups,
    };
    const [program, ...args] = launchCommand(site, order, seenProgram(order, placesOf(folders)));
    const child = spawn(program as string, args, {
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", [markerVariable]: folders.environment },
      stdio: [variables.fd, "pipe", "pipe", order.wantsFrames ? "pipe" : "ignore", (order.network as PrivateNetwork).descriptor],
      detached: true,
    });
    await Promise.all([once(child, "spawn"), variables.close()]).catch(async (error: unknown) => {
      await cgroup.remove();
      throw error;
    });
    const { clock } = this.#parts;
    let sampled = { atMs: Number.NEGATIVE_INFINITY, bytes: 0 };
    return new SpawnedProcess(child, clock, {
      holdToCpuShare: () => cgroup.limitCpu(),
      peakMemoryBytes() {
        const atMs = clock.monotonicMs();
        if (atMs - sampled.atMs >= sampleIntervalMs) sampled = { atMs, bytes: Math.max(cgroup.peakMemoryBytes(), sampled.bytes) };
        return sampled.bytes;
      },
      async endRest() {
        await cgroup.remove();
        if (cgroup.doors.length === 0) await killMarked(folders.environment);
      },
    });
  }

  places(folders: LaunchFolders): Places {
    return placesOf(folders);
  }

  openNetwork(): PrivateNetwork {
    return new PrivateNetwork(this.#parts.calls);
  }

  describe(): DriverDescription {
    const { missing } = this.#parts.cgroups;
    return {
      name: "namespaces",
      isolation: `files, processes, users and network of each function are its own${this.#hasSeccomp ? ", system calls are filtered" : ""}; functions reach nothing but this product over the network`,
      isolates: true,
      advice: [
        "Functions that you trust, and that need the internet or servers of this machine, take --isolation none.",
        ...missing.map((controller) => `The control group controller "${controller}" cannot be had: its limit does not hold.`),
        ...(this.#hasSeccomp ? [] : ["System calls are not filtered: the filter is made for x86-64."]),
        ...(this.#images ? [] : ["The size of /tmp is not limited: that takes loop devices and mkfs.ext4."]),
      ],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#roots.close(), this.#images?.close()]);
    this.#parts.cgroups.close();
    await rm(this.#roots.folder, { recursive: true, force: true });
  }

  /** Runs a program in a sandbox to see whether that works; resolves with what went wrong, if it did. */
  async tryOut(): Promise<string | undefined> {
    const environment = join(this.#parts.runFolder, `env-trial-${this.#environments}`);
    const tmp = join(environment, "tmp");
    await mkdir(tmp, { recursive: true });
    let network: PrivateNetwork | undefined;
    try {
      network = this.openNetwork();
      const folders = { environment, tmp, task: tmp, fileSystems: [], readable: [] };
      const limits = { memoryMb: 128, ephemeralStorageMb: 512 };
      const trial = await this.launch({
        program: "/bin/sh",
        args: ["-c", "exit 42"],
        variables: {},
        folders,
        network,
        ...limits,
        wantsFrames: false,
      });
      let output = "";
      trial.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
      trial.stdout.resume();
      const { code } = await trial.exited;
      return code === 42 ? undefined : `a trial failed: ${output.trim() || `status ${code}`}`;
    } catch (error) {
      return (error as Error).message;
    } finally {
      network?.close();
      await rm(environment, { recursive: true, force: true });
    }
  }

  #uidOf(folders: LaunchFolders): number {
    const uid = this.#uids.get(folders) ?? firstUid + (this.#environments++ % uidCount);
    this.#uids.set(folders, uid);
    return uid;
  }

  /** An image lives as long as its environment, so that what lies in /tmp survives a crash of the function. */
  async #tmpOf({ folders, ephemeralStorageMb }: LaunchOrder): Promise<{ source: string; options: string }> {
    if (!this.#images) return { source: folders.tmp, options: "bind,nosuid,nodev" };
    const image = join(folders.environment, "tmp-image");
    const exists = await stat(image).then(
      () => true,
      () => false,
    );
    if (!exists) await this.#images.provide(image, ephemeralStorageMb);
    return { source: image, options: "loop,nosuid,nodev,noatime,noinit_itable" };
  }
}

/** What the program needs at the places that it has on this machine, as far as it exists. */
async function readableFolders(folders: LaunchFolders): Promise<string[]> {
  const wanted = placesOf(folders).layers === folders.layers ? [...folders.readable, folders.layers] : folders.readable;
  const exist = await Promise.all(
    wanted.map((folder) =>
      access(folder).then(
        () => true,
        () => false,
      ),
    ),
  );
  return wanted.filter((_, index) => exist[index]);
}

async function passwdFile({ environment }: LaunchFolders, uid: number): Promise<string> {
  const path = join(environment, "passwd");
  await writeFile(path, `sbx_user:x:${uid}:${uid}::/tmp:/sbin/nologin\n`);
  return path;
}

/** Numbers of the groups of shared folders, root's excepted: a function may do there what members of the group may. */
async function groupsOf({ fileSystems }: LaunchFolders): Promise<number[]> {
  const found = await Promise.all(fileSystems.map(({ folder }) => stat(folder)));
  return [...new Set(found.map(({ gid }) => gid))].filter((gid) => gid !== 0);
}

/** A file without a name, because command lines and the environments of other processes can be read by others. */
async function openVariables({ folders, variables }: LaunchOrder): Promise<FileHandle> {
  const path = join(folders.environment, "variables");
  const file = await open(path, "wx+", 0o600);
  await rm(path);
  const script = Buffer.from(variablesScript({ HOME: "/tmp", ...variables }));
  // At a position, so that who inherits it reads from the start.
  await file.write(script, 0, script.length, 0);
  return file;
}

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { DriverDescription } from "../../contract.ts";
import type { MemoryUse } from "../../memory-budget.ts";
import {
  checkProgram,
  seenProgram,
  type Driver,
  type ForkableProgram,
  type LaunchFolders,
  type LaunchOrder,
  type Network,
  type Places,
  type ProgramOrder,
  type RunningProcess,
  type SandboxOrder,
  type SharedSandbox,
} from "../driver.ts";
import { sweepLeftovers } from "../leftovers.ts";
import { childLeader, type Leader } from "../leader.ts";
import { killMarked, markerVariable } from "../marked-processes.ts";
import { childrenPeakBytes } from "../peak-memory.ts";
import { SharedNetwork } from "../shared-network.ts";
import { SpawnedProcess } from "../spawned-process.ts";
import { tryOut } from "../try-out.ts";
import { type Cgroup, CgroupTree } from "./cgroups.ts";
import { ForeignMounts } from "./foreign-mounts.ts";
import { terminateInner } from "./inner-processes.ts";
import { joinCommand } from "./joined-program.ts";
import { ForkServers } from "./fork-servers.ts";
import { groupsOf, openInput, passwdFile, readableFolders, tmpSource } from "./launch-files.ts";
import { launchCommand, type LaunchSite, ownVariables, placesOf, variablesScript } from "./launch-script.ts";
import type { LaunchServer } from "./launch-server.ts";
import { NetworkStock } from "./network-stock.ts";
import type { OutboundPolicy } from "./network/policy.ts";
import { openWayOut, type WayOut } from "./network/way-out.ts";
import { NativeLauncher } from "./native-launcher.ts";
import { type NativeStart, startNative } from "./native-start.ts";
import { PrivateNetwork } from "./private-network.ts";
import { checkUserNamespaces, sharedWayOut } from "./rootless.ts";
import { hasFilter } from "./seccomp/filter.ts";
import { seccompLauncher } from "./seccomp/launcher.ts";
import { loadSystemCalls, type SystemCalls } from "./system-calls.ts";
import { TemplateRoots } from "./template-roots.ts";
import { TmpImages } from "./tmp-images.ts";
import { TrialMemory } from "./trial-memory.ts";
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
  outbound: OutboundPolicy;
  /** For all functions together. */
  functionMemoryMb: number;
  /** Where the native launcher is, or is to be compiled; without it, none is used. */
  nativeFolder?: string | undefined;
  /** Whether the native launcher may have programs forked that can be. */
  usesForkServers: boolean;
  /** Absolute path of a file that remembers from one start to the next what works here; without it, that is tried out each time. */
  trialFile?: string | undefined;
  /** Whether to do as much as can be done for a user who is not root, instead of rejecting: see rootless.ts. */
  allowsRootless: boolean;
}

/**
 * Namespaces of Linux, put together with the programs of util-linux, which every machine has: the function sees files, processes and a network of
 * its own, as a user without any rights, within its memory and its share of the processor. Rejects, with the reason, where that does not work:
 * it takes root.
 */
export async function openNamespaceDriver(options: NamespacesOptions): Promise<Driver> {
  if (process.platform !== "linux") throw new Error("this is not Linux");
  const isRootless = process.getuid?.() !== 0;
  if (isRootless && !options.allowsRootless) throw new Error("only root may make them");
  if (isRootless) await checkUserNamespaces();
  const [tools, calls] = await Promise.all([findTools(), loadSystemCalls(), sweepLeftovers(options.runFolder, options.log)]);
  if (!calls) throw new Error("Node has no node:ffi");
  const name = createHash("sha256").update(options.runFolder).digest("hex").slice(0, 12);
  const { clock, outbound } = options;
  const identity = `${options.runFolder} ${process.pid}`;
  const wayOut = isRootless ? sharedWayOut : await openWayOut({ calls, clock, policy: outbound, identity });
  const mounts = isRootless ? undefined : await ForeignMounts.open();
  const parts = {
    ...options,
    tools,
    calls,
    cgroups: await CgroupTree.open(name, clock, { memoryMb: options.functionMemoryMb }),
    wayOut,
    mounts,
    isRootless,
  };
  const images = isRootless ? undefined : await TmpImages.open(options.runFolder);
  const launcher = hasFilter(process.arch) ? join(options.runFolder, "seccomp") : undefined;
  if (launcher !== undefined) await writeFile(launcher, seccompLauncher(), { mode: 0o755 });
  // The best that works here is found out by trying.
  let failure = "";
  const memory = await TrialMemory.open(options.trialFile);
  const choices = [{ images, launcher }, { launcher }, { images }, {}];
  const known = await memory.recall();
  for (const [number, choice] of choices.entries()) {
    if (known !== undefined && number !== known) continue;
    const driver = new NamespaceDriver(parts, choice.images, choice.launcher);
    const complaint = known === undefined ? await driver.tryOut() : undefined;
    if (complaint === undefined) {
      await memory.keep(number);
      driver.prepare();
      return driver;
    }
    failure ||= complaint;
    await driver.closeTrial();
  }
  await wayOut[Symbol.asyncDispose]();
  parts.mounts?.[Symbol.dispose]();
  throw new Error(failure);
}

interface Parts extends NamespacesOptions {
  tools: Tools;
  calls: SystemCalls;
  cgroups: CgroupTree;
  wayOut: WayOut;
  mounts: ForeignMounts | undefined;
  isRootless: boolean;
}

class NamespaceDriver implements Driver {
  readonly hasPrivateNetworks: boolean;
  readonly hasImages = false;
  readonly canSpecialise: boolean;
  #parts: Parts;
  #images: TmpImages | undefined;
  #native: NativeLauncher | undefined;
  #forkServers: ForkServers | undefined;
  #hasSeccomp: boolean;
  #roots: TemplateRoots;
  #networks: NetworkStock<PrivateNetwork>;
  #uids = new WeakMap<LaunchFolders, number>();
  /** Of the last launch. */
  #cgroups = new WeakMap<LaunchFolders, Cgroup>();
  #environments = 0;
  #inputs = 0;

  constructor(parts: Parts, images: TmpImages | undefined, launcher: string | undefined) {
    this.#parts = parts;
    this.#images = images;
    this.#hasSeccomp = launcher !== undefined;
    this.hasPrivateNetworks = !parts.isRootless;
    this.canSpecialise = parts.mounts !== undefined;
    this.#networks = new NetworkStock(parts.clock, () => new PrivateNetwork(parts.calls, parts.wayOut.network));
    this.#roots = new TemplateRoots(
      join(parts.runFolder, "root"),
      parts.tools,
      launcher,
      parts.isRootless,
      parts.wayOut.network?.nameServer,
    );
  }

  launch(order: LaunchOrder): Promise<RunningProcess> {
    // The launcher does not wait for a /tmp that is mounted still from the launch before.
    const isFirst = !this.#uids.has(order.folders);
    return this.#launch(order, isFirst ? this.#native?.server : undefined);
  }

  /** By the native launcher, if that is given; without it, by the chain of programs. */
  async #launch(order: LaunchOrder, native: LaunchServer | undefined): Promise<RunningProcess> {
    const { folders } = order;
    await checkProgram(order);
    const { isRootless } = this.#parts;
    const uid = isRootless ? 0 : this.#uidOf(folders);
    const readable = readableFolders(folders);
    const [holder, tmp, passwd, extraGroups] = await Promise.all([
      this.#roots.holder(readable, { isAlone: native !== undefined }),
      tmpSource(this.#images, order, { isRootless, isNative: native !== undefined }),
      native ? undefined : passwdFile(folders, uid),
      isRootless ? [] : groupsOf(folders),
    ]);
    const cgroup = this.#parts.cgroups.create(order.memoryMb);
    this.#cgroups.set(folders, cgroup);
    if (order.isAheadOfNeed) cgroup.setYielding(true);
    const site = {
      tools: this.#parts.tools,
      holder,
      root: this.#roots.folder,
      groupDoors: cgroup.doors,
      uid,
      tmp,
      readable,
      ...(passwd !== undefined && { passwd }),
      hasSeccomp: this.#hasSeccomp,
      extraGroups,
      isRootless,
    };
    const { leader, image } = await this.#start(order, site, native).catch(async (error: unknown) => {
      await cgroup.remove();
      throw error;
    });
    if (order.network instanceof PrivateNetwork) order.network.letGo();
    if (image) cgroup.expectImage();
    const { clock } = this.#parts;
    let sampled = { atMs: Number.NEGATIVE_INFINITY, bytes: 0 };
    return new SpawnedProcess(leader, clock, {
      image: () => image?.claim(),
      holdToCpuShare: () => cgroup.limitCpu(),
      hurry: () => cgroup.unlimitCpu(),
      freezer: () => cgroup.freezerWithout(leader.pid),
      terminate: () => terminateInner(leader.pid, uid, cgroup.doors),
      specialise: (ofFunction) => this.#specialise(leader.pid, uid, cgroup, ofFunction),
      peakMemoryBytes() {
        const atMs = clock.monotonicMs();
        if (atMs - sampled.atMs >= sampleIntervalMs) {
          const bytes = cgroup.peakMemoryBytes() || childrenPeakBytes(leader.pid);
          sampled = { atMs, bytes: Math.max(bytes, sampled.bytes) };
        }
        return sampled.bytes;
      },
      async endRest() {
        await cgroup.remove();
        if (cgroup.doors.length === 0) await killMarked(folders.environment);
      },
    });
  }

  async prepareFork(program: ForkableProgram, readable: readonly string[]): Promise<string | undefined> {
    if (!this.#forkServers) return "that is switched off";
    return this.#forkServers.prepare(program, { holder: await this.#roots.holder(readable, { isAlone: true }) });
  }

  async #start(order: LaunchOrder, site: LaunchSite, server: LaunchServer | undefined): Promise<NativeStart> {
    if (server) return startNative({ server, forkServers: this.#forkServers, calls: this.#parts.calls }, order, site);
    if (order.restores) throw new Error("there is no native launcher");
    return { leader: await this.#startChain(order, site) };
  }

  async #startChain(order: LaunchOrder, site: LaunchSite): Promise<Leader> {
    const { folders } = order;
    const [program, ...args] = launchCommand(site, order, seenProgram(order.program, folders, placesOf(folders)));
    const input = await openInput(folders, this.#inputs++, variablesScript(ownVariables(order.variables)));
    const child = spawn(program as string, args, {
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", [markerVariable]: folders.environment },
      stdio: [input.fd, "pipe", "pipe", order.wantsFrames ? "pipe" : "ignore", descriptorOf(order.network)],
      detached: true,
    });
    const leader = childLeader(child);
    await Promise.all([once(child, "spawn"), input.close()]);
    return leader;
  }

  /** Its leader keeps the sandbox, and what is started in there enters all of its namespaces. */
  async openSandbox(order: SandboxOrder): Promise<SharedSandbox> {
    const sleeper = ["-c", 'echo ready && exec "$0" infinity', this.#parts.tools.sleep];
    const holder = await this.launch({ ...order, program: "/bin/sh", args: sleeper, variables: {}, wantsFrames: false });
    const complaint = text(holder.stderr);
    const isReady = await Promise.race([once(holder.stdout, "data").then(() => true), holder.exited.then(() => false)]);
    if (!isReady) throw new Error(`the sandbox could not be built: ${(await complaint).trim()}`);
    return {
      start: (program) => this.#join(holder, order, program),
      stop: async () => void (await holder.stop()),
    };
  }

  async #join(holder: RunningProcess, { folders }: SandboxOrder, order: ProgramOrder): Promise<RunningProcess> {
    await checkProgram({ program: order.program, folders });
    const { tools, isRootless, clock } = this.#parts;
    const uid = isRootless ? 0 : this.#uidOf(folders);
    const site = {
      tools,
      leader: holder.pid,
      groupDoors: this.#cgroups.get(folders)?.doors ?? [],
      uid,
      extraGroups: isRootless ? [] : await groupsOf(folders),
      hasSeccomp: this.#hasSeccomp,
      isRootless,
    };
    const [program, ...args] = joinCommand(site, order, seenProgram(order.program, folders, placesOf(folders)));
    const input = await openInput(folders, this.#inputs++, variablesScript(ownVariables(order.variables)));
    const child = spawn(program as string, args, {
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", [markerVariable]: folders.environment },
      stdio: [input.fd, "pipe", "pipe", order.wantsFrames ? "pipe" : "ignore"],
      detached: true,
    });
    await Promise.all([once(child, "spawn"), input.close()]);
    return new SpawnedProcess(childLeader(child), clock, {
      holdToCpuShare: () => holder.holdToCpuShare(),
      peakMemoryBytes: () => holder.peakMemoryBytes(),
      freezer: () => holder.freezer,
      terminate: () => terminateInner(child.pid as number, uid),
      endRest: async () => {},
    });
  }

  places(folders: LaunchFolders): Places {
    return placesOf(folders);
  }

  /** The launch's leader waits, in the function's mount namespace, for the function to end. */
  #specialise(pid: number, uid: number, cgroup: Cgroup, { folders, memoryMb, variables }: LaunchOrder): Readonly<Record<string, string>> {
    const { task, layers } = placesOf(folders);
    const { mounts } = this.#parts;
    if (!mounts) throw new Error("the C library lacks what mounting into a running sandbox takes");
    mounts.mount(pid, [
      { folder: folders.task, place: task },
      ...(folders.layers === undefined ? [] : [{ folder: folders.layers, place: layers }]),
    ]);
    cgroup.limitMemory(memoryMb);
    cgroup.setYielding(false);
    this.#uids.set(folders, uid);
    return ownVariables(variables);
  }

  openNetwork(): Network {
    if (this.#parts.isRootless) return new SharedNetwork();
    this.#parts.wayOut.network?.refresh();
    return this.#networks.take();
  }

  describe(): DriverDescription {
    const { cgroups, wayOut, isRootless } = this.#parts;
    const own = isRootless ? "files and processes" : "files, processes, users and network";
    return {
      name: isRootless ? "user-namespaces" : "namespaces",
      isolation: `${own} of each function are its own${this.#hasSeccomp ? ", system calls are filtered" : ""}; ${wayOut.description}`,
      isolates: !isRootless,
      advice: [
        ...wayOut.advice,
        ...(this.#native?.complaint === undefined
          ? []
          : [`Environments start slower without the native launcher: ${this.#native.complaint}. It takes a C compiler, cc.`]),
        ...cgroups.missing.map((controller) => `The control group controller "${controller}" cannot be had: its limit does not hold.`),
        ...(this.#hasSeccomp
          ? []
          : ["System calls are not filtered: the kernel lacks seccomp, or there is no filter for this architecture."]),
        ...(this.#images || isRootless ? [] : ["The size of /tmp is not limited: that takes loop devices and mkfs.ext4."]),
        ...(isRootless ? ["/tmp of functions is in memory, and empty again after a crash: disks of a fixed size take root."] : []),
      ],
    };
  }

  memoryUse(): MemoryUse | undefined {
    return this.#parts.cgroups.memoryUse();
  }

  /** In the background: launches use the native launcher once it has proved itself. */
  prepare(): void {
    const { nativeFolder, isRootless, log, clock, usesForkServers } = this.#parts;
    if (isRootless) return;
    this.#networks.fill();
    if (nativeFolder === undefined) return;
    const native = new NativeLauncher(nativeFolder, log, (server) => this.tryOut(server));
    this.#native = native;
    if (usesForkServers) this.#forkServers = new ForkServers(native, nativeFolder, clock, log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#native?.close(), this.#forkServers?.close()]);
    await Promise.all([this.closeTrial(), this.#parts.wayOut[Symbol.asyncDispose]()]);
    this.#parts.mounts?.[Symbol.dispose]();
  }

  /** Leaves alone what the next choice uses, too. */
  async closeTrial(): Promise<void> {
    this.#networks.close();
    await Promise.all([this.#roots.close(), this.#images?.close()]);
    await this.#parts.cgroups.close();
    await rm(this.#roots.folder, { recursive: true, force: true });
  }

  /** Resolves with what went wrong, if it did. */
  tryOut(native?: LaunchServer): Promise<string | undefined> {
    return tryOut({ openNetwork: () => this.openNetwork(), launch: (order) => this.#launch(order, native) }, this.#parts.runFolder);
  }

  #uidOf(folders: LaunchFolders): number {
    const uid = this.#uids.get(folders) ?? firstUid + (this.#environments++ % uidCount);
    this.#uids.set(folders, uid);
    return uid;
  }
}

const descriptorOf = (network: Network): number | "ignore" => (network instanceof PrivateNetwork ? network.descriptor : "ignore");

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { DriverDescription } from "../../contract.ts";
import type { MemoryUse } from "../../memory-budget.ts";
import {
  checkProgram,
  sandboxNames,
  seenProgram,
  type Driver,
  type LaunchFolders,
  type LaunchOrder,
  type Places,
  type RunningProcess,
  type SandboxOrder,
  type SharedSandbox,
} from "../driver.ts";
import { CgroupTree } from "../linux/cgroups.ts";
import { groupsOf, passwdFile, readableFolders, tmpSource } from "../linux/launch-files.ts";
import { placesOf } from "../linux/launch-script.ts";
import type { OutboundPolicy } from "../linux/network/policy.ts";
import { openWayOut, type WayOut } from "../linux/network/way-out.ts";
import { PrivateNetwork } from "../linux/private-network.ts";
import { loadSystemCalls, type SystemCalls } from "../linux/system-calls.ts";
import { devices } from "../linux/template-roots.ts";
import { TmpImages } from "../linux/tmp-images.ts";
import { findTools, type Tools } from "../linux/tools.ts";
import { childLeader } from "../leader.ts";
import { kill, killMarked, markerVariable } from "../marked-processes.ts";
import { SpawnedProcess } from "../spawned-process.ts";
import { tryOut } from "../try-out.ts";
import { bundleConfig, type BundleSite, machineLinks, processConfig, sleeperPlace } from "./bundle.ts";
import { asSignal } from "./exit-status.ts";
import { FirstProcess } from "./first-process.ts";
import { findWorkingDirectory, resolveProgram } from "./image-entry.ts";
import { removeForeignGroups } from "./foreign-groups.ts";
import { OciRuntime } from "./oci-runtime.ts";
import { hasSleeper, sleeperProgram } from "./sleeper.ts";

/** User ids beside those of the namespaces driver, because both may run at once. Each environment has its own; after a million they begin anew. */
const firstUid = 0x7100_0000;
const uidCount = 1_000_000;

/** How often Max Memory Used is read at most. */
const sampleIntervalMs = 100;

/** In a mount namespace of its own, which ends with the container, mounts an image where the bundle expects /tmp, and becomes the runtime. */
const enter = `
mount=$1 sleep=$2 source=$3 options=$4 place=$5 owner=$6; shift 6
if [ "$source" != "$place" ]; then
  attempts=0
  until "$mount" -o "$options" "$source" "$place" 2>&-; do
    attempts=$((attempts + 1))
    [ "$attempts" -lt 50 ] || exit 125
    "$sleep" 0.02
  done
fi
chown "$owner" "$place" || exit 125
chmod 700 "$place" || exit 125
exec "$@"`;

export interface OciOptions {
  /** The program, or its path. */
  runtime: string;
  /** Of this driver alone. */
  folder: string;
  clock: Clock;
  log: Log;
  outbound: OutboundPolicy;
  /** For all functions together. */
  functionMemoryMb: number;
}

/**
 * A container runtime of the OCI (runc, crun, gVisor's runsc) builds the sandbox: for functions that are container images, and for those who
 * would rather trust a runtime that many use, or want a kernel of their own. Network, control groups and /tmp are those of the namespaces driver.
 * Rejects, with the reason, where a container cannot be run: it takes root.
 */
export async function openOciDriver(options: OciOptions): Promise<Driver> {
  if (process.platform !== "linux") throw new Error("this is not Linux");
  if (process.getuid?.() !== 0) throw new Error("only root may run containers");
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const [tools, calls, runtime] = await Promise.all([
    findTools(),
    loadSystemCalls(),
    OciRuntime.find(options.runtime, join(options.folder, "containers")),
  ]);
  if (!calls) throw new Error("Node has no node:ffi");
  await runtime.sweep(options.log);
  removeForeignGroups();
  const name = createHash("sha256").update(options.folder).digest("hex").slice(0, 12);
  const { clock, outbound } = options;
  const wayOut = await openWayOut({ calls, clock, policy: outbound, identity: `${options.folder} ${process.pid}` });
  const parts = {
    ...options,
    tools,
    calls,
    runtime,
    cgroups: await CgroupTree.open(name, clock, { memoryMb: options.functionMemoryMb }),
    wayOut,
  };
  await makeShared(options.folder, wayOut.network?.nameServer);
  let failure = "";
  for (const images of [await TmpImages.open(options.folder), undefined]) {
    const driver = new OciDriver(parts, images);
    const complaint = await tryOut(driver, options.folder);
    if (complaint === undefined) return driver;
    failure ||= complaint;
    await images?.close();
  }
  await Promise.all([parts.cgroups.close(), wayOut[Symbol.asyncDispose]()]);
  throw new Error(`${runtime.version}: ${failure}`);
}

interface Parts extends Omit<OciOptions, "runtime"> {
  tools: Tools;
  calls: SystemCalls;
  runtime: OciRuntime;
  cgroups: CgroupTree;
  wayOut: WayOut;
}

class OciDriver implements Driver {
  readonly hasPrivateNetworks = true;
  readonly hasImages = true;
  #parts: Parts;
  #images: TmpImages | undefined;
  #uids = new WeakMap<LaunchFolders, number>();
  #environments = 0;
  #launches = 0;

  constructor(parts: Parts, images: TmpImages | undefined) {
    this.#parts = parts;
    this.#images = images;
  }

  async launch(order: LaunchOrder): Promise<RunningProcess> {
    return (await this.#run(order, await this.#entryOf(order))).process;
  }

  /** A container in which nothing but a sleeper runs, until something is started in there. */
  async openSandbox(order: SandboxOrder): Promise<SharedSandbox> {
    const { runtime } = this.#parts;
    if (runtime.hasKernelOfItsOwn || !hasSleeper(process.arch)) throw new Error(`extensions do not run by ${runtime.version}`);
    const sleeping = { ...order, program: sleeperPlace, args: [], variables: {}, wantsFrames: false };
    const { id, process: holder } = await this.#run(sleeping, { program: sleeperPlace, workingDirectory: "/" });
    await untilReady(holder);
    return { start: (program) => this.#exec(id, holder, { ...order, ...program }), stop: async () => void (await holder.stop()) };
  }

  async #run(order: LaunchOrder, entry: Entry): Promise<{ id: string; process: RunningProcess }> {
    const { folders } = order;
    const { tools, runtime, clock, cgroups } = this.#parts;
    const cgroup = cgroups.create(order.memoryMb);
    const first = runtime.hasKernelOfItsOwn ? undefined : await FirstProcess.start(tools, folders.environment);
    const id = `${basename(folders.environment)}-${this.#launches++}`;
    const endRest = async (): Promise<void> => {
      await first?.end();
      await runtime.delete(id);
      await cgroup.remove();
      if (cgroup.doors.length === 0) await killMarked(folders.environment);
    };
    try {
      const groups = { cgroupPath: cgroup.path, ...(first && { processNamespace: first.namespace }) };
      const child = await this.#spawn(order, id, { ...entry, ...groups });
      let sampled = { atMs: Number.NEGATIVE_INFINITY, bytes: 0 };
      const process = new SpawnedProcess(childLeader(child), clock, {
        holdToCpuShare: () => cgroup.limitCpu(),
        hurry: () => cgroup.unlimitCpu(),
        freezer: () => cgroup.freezerWithout(child.pid as number),
        peakMemoryBytes() {
          const atMs = clock.monotonicMs();
          if (atMs - sampled.atMs >= sampleIntervalMs) sampled = { atMs, bytes: Math.max(cgroup.peakMemoryBytes(), sampled.bytes) };
          return sampled.bytes;
        },
        asExit: asSignal,
        // The runtime stands between the function's output and us: what was written shall still come through.
        ...(first && { kill: () => void first.end() }),
        endRest,
      });
      return { id, process };
    } catch (error) {
      await endRest();
      throw error;
    }
  }

  async #exec(id: string, holder: RunningProcess, order: LaunchOrder): Promise<RunningProcess> {
    const { folders, wantsFrames } = order;
    const { tools, runtime, clock } = this.#parts;
    const entry = await this.#entryOf(order);
    const file = join(folders.environment, "bundle", `process-${this.#launches++}`);
    const site = { ...entry, uid: this.#uidOf(folders), extraGroups: await groupsOf(folders) };
    await writeFile(`${file}.json`, JSON.stringify(processConfig(site, order)), { mode: 0o600 });
    const command = runtime.execCommand(id, `${file}.json`, `${file}.pid`, wantsFrames);
    const child = spawn(tools.setpriv, ["--pdeathsig", "KILL", "--", ...command], {
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", [markerVariable]: folders.environment },
      stdio: wantsFrames ? ["ignore", "pipe", "pipe", "pipe"] : ["ignore", "pipe", "pipe"],
      detached: true,
    });
    await once(child, "spawn");
    return new SpawnedProcess(childLeader(child), clock, {
      holdToCpuShare: () => holder.holdToCpuShare(),
      freezer: () => holder.freezer,
      peakMemoryBytes: () => holder.peakMemoryBytes(),
      asExit: asSignal,
      // The runtime ends when the process that it has started does.
      kill: () => void killNamed(`${file}.pid`),
      endRest: async () => {},
    });
  }

  /** Writes the bundle and starts the runtime, which runs it. */
  async #spawn(
    order: LaunchOrder,
    id: string,
    parts: Pick<BundleSite, keyof Entry | "cgroupPath" | "processNamespace">,
  ): Promise<ChildProcess> {
    const { folders, wantsFrames } = order;
    const { tools, runtime, folder } = this.#parts;
    const uid = this.#uidOf(folders);
    const [tmp, root] = await Promise.all([tmpSource(this.#images, order), folders.root ?? makeRoot(folders.environment)]);
    const site = {
      ...parts,
      root,
      deviceFolder: join(folder, "dev"),
      ...(hasSleeper(process.arch) && { sleeper: join(folder, "sleeper") }),
      settings: await this.#settings(folders, uid),
      readable: readableFolders(folders),
      uid,
      extraGroups: await groupsOf(folders),
      networkNamespace: `/proc/${process.pid}/fd/${(order.network as PrivateNetwork).descriptor}`,
    };
    const bundle = join(folders.environment, "bundle");
    await mkdir(bundle, { recursive: true, mode: 0o700 });
    await writeFile(join(bundle, "config.json"), JSON.stringify(await bundleConfig(site, order)), { mode: 0o600 });
    const alone = ["--pdeathsig", "KILL", "--", tools.unshare, "--mount", "--propagation", "private", "--"];
    const prepared = [tools.mount, tools.sleep, tmp.source, tmp.options, folders.tmp, `${uid}:${uid}`];
    const args = [...alone, "/bin/sh", "-c", enter, "sh", ...prepared, ...runtime.runCommand(id, bundle, wantsFrames)];
    const child = spawn(tools.setpriv, args, {
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", [markerVariable]: folders.environment },
      stdio: wantsFrames ? ["ignore", "pipe", "pipe", "pipe"] : ["ignore", "pipe", "pipe"],
      detached: true,
    });
    await once(child, "spawn");
    return child;
  }

  places(folders: LaunchFolders): Places {
    return placesOf(folders);
  }

  openNetwork(): PrivateNetwork {
    return new PrivateNetwork(this.#parts.calls, this.#parts.wayOut.network);
  }

  describe(): DriverDescription {
    const { runtime, cgroups, wayOut } = this.#parts;
    const kernel = runtime.hasKernelOfItsOwn ? ", and each has a kernel of its own" : ", system calls are filtered";
    return {
      name: "oci",
      isolation: `each function is a container of ${runtime.version}: files, processes, users and network are its own${kernel}; ${wayOut.description}`,
      isolates: true,
      advice: [
        ...wayOut.advice,
        ...cgroups.missing.map((controller) => `The control group controller "${controller}" cannot be had: its limit does not hold.`),
        ...(this.#images ? [] : ["The size of /tmp is not limited: that takes loop devices and mkfs.ext4."]),
      ],
    };
  }

  memoryUse(): MemoryUse | undefined {
    return this.#parts.cgroups.memoryUse();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { cgroups, wayOut } = this.#parts;
    await Promise.all([this.#images?.close(), cgroups.close(), wayOut[Symbol.asyncDispose]()]);
    removeForeignGroups();
  }

  async #entryOf(order: LaunchOrder): Promise<Entry> {
    const { root } = order.folders;
    if (root !== undefined) return imageEntryOf(order, root);
    await checkProgram(order);
    const places = this.places(order.folders);
    return { program: seenProgram(order.program, order.folders, places), workingDirectory: places.task };
  }

  #uidOf(folders: LaunchFolders): number {
    const uid = this.#uids.get(folders) ?? firstUid + (this.#environments++ % uidCount);
    this.#uids.set(folders, uid);
    return uid;
  }

  /** Files of /etc. An image has users and groups of its own. */
  async #settings(folders: LaunchFolders, uid: number): Promise<Record<string, string>> {
    const shared = (...names: string[]) => Object.fromEntries(names.map((name) => [`/etc/${name}`, join(this.#parts.folder, "etc", name)]));
    if (folders.root !== undefined) return shared("hosts", "resolv.conf");
    return { ...shared("hosts", "resolv.conf", "nsswitch.conf", "group"), "/etc/passwd": await passwdFile(folders, uid) };
  }
}

/** What is run, and where, as the function sees it. */
type Entry = Pick<BundleSite, "program" | "workingDirectory">;

/** Extensions are named by the place where they lie on this machine. */
async function imageEntryOf(order: LaunchOrder, root: string): Promise<Entry> {
  const program = order.program.startsWith(`${root}/`) ? order.program.slice(root.length) : order.program;
  const workingDirectory = await findWorkingDirectory(root, order.workingDirectory ?? "/");
  return { program: await resolveProgram(root, workingDirectory, program, order.variables.PATH ?? ""), workingDirectory };
}

async function untilReady(holder: RunningProcess): Promise<void> {
  const complaint = text(holder.stderr);
  const isReady = await Promise.race([once(holder.stdout, "data").then(() => true), holder.exited.then(() => false)]);
  if (!isReady) throw new Error(`the container could not be started: ${(await complaint).trim()}`);
}

/** By the number in a file, which may not have been written yet. */
async function killNamed(pidFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile, "latin1").catch(() => ""));
  if (pid > 1) kill(pid);
}

/** What all containers have alike: places for the devices, a few files of /etc. */
async function makeShared(folder: string, nameServer: string | undefined): Promise<void> {
  const settings = {
    hosts: `127.0.0.1 localhost ${sandboxNames.join(" ")}\n`,
    "resolv.conf": nameServer === undefined ? "" : `nameserver ${nameServer}\n`,
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    group: "",
  };
  const [dev, etc] = [join(folder, "dev"), join(folder, "etc")];
  for (const place of [dev, etc]) {
    await rm(place, { recursive: true, force: true });
    await mkdir(place);
    await chmod(place, 0o755);
  }
  await Promise.all([
    ...devices.map((device) => writeFile(join(dev, basename(device)), "")),
    ...(hasSleeper(process.arch)
      ? [writeFile(join(dev, basename(sleeperPlace)), ""), writeFile(join(folder, "sleeper"), sleeperProgram(), { mode: 0o755 })]
      : []),
    symlink("/proc/self/fd", join(dev, "fd")),
    ...["stdin", "stdout", "stderr"].map((name, descriptor) => symlink(`/proc/self/fd/${descriptor}`, join(dev, name))),
    ...Object.entries(settings).map(async ([name, content]) => {
      await writeFile(join(etc, name), content);
      await chmod(join(etc, name), 0o644);
    }),
  ]);
}

/** A root for functions that bring none: links, and nothing else; the runtime makes the places where it mounts something. */
async function makeRoot(environment: string): Promise<string> {
  const root = join(environment, "root");
  if ((await mkdir(root, { recursive: true })) === undefined) return root;
  await chmod(root, 0o755);
  for (const [path, target] of await machineLinks()) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await symlink(target, join(root, path));
  }
  // So that they are there, be anything mounted or not.
  for (const place of ["opt", "mnt", "var/task"]) await mkdir(join(root, place), { recursive: true });
  return root;
}

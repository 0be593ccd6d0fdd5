/**
 * The description of a container, as every runtime of the OCI takes it, made of a launch order: config.json of
 * https://github.com/opencontainers/runtime-spec/blob/main/config.md
 */
import { lstat, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { LaunchOrder } from "../driver.ts";
import { maxProcesses } from "../linux/cgroups.ts";
import { maxDescriptors, placesOf } from "../linux/launch-script.ts";
import { devices, isOfLaunch, machineFolders, machineSettings, outermost } from "../linux/template-roots.ts";
import { seccompProfile } from "./seccomp-profile.ts";

const specVersion = "1.0.2";

/** What is not the function's business in /proc, beyond what its user may not see anyway: the list of container engines. */
const maskedPaths = [
  ...["acpi", "asound", "kcore", "keys", "latency_stats", "sched_debug", "scsi", "timer_list", "timer_stats"],
  ...["interrupts", "kallsyms", "kpagecgroup", "kpagecount", "kpageflags"],
].map((name) => `/proc/${name}`);
const readOnlyPaths = ["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `/proc/${name}`);

/** Where the program of sleeper.ts lies in a container. */
export const sleeperPlace = "/dev/sleeper";

export interface Mount {
  destination: string;
  type: string;
  source: string;
  options: string[];
}

export interface BundleSite {
  /** What becomes the root. */
  root: string;
  /** A folder with places for the devices. */
  deviceFolder: string;
  /** See sleeper.ts; there is a place for it among the devices. */
  sleeper?: string;
  /** Files for the places that are named. */
  settings: Readonly<Record<string, string>>;
  /** Folders that keep the places they have on this machine. */
  readable: readonly string[];
  uid: number;
  extraGroups: readonly number[];
  /** Of the control group, from the top of each hierarchy. */
  cgroupPath: string;
  /** A path that names the namespace; without it the runtime makes one. */
  processNamespace?: string;
  networkNamespace: string;
  program: string;
  workingDirectory: string;
}

/** The whole configuration; the caller writes it as JSON. */
export async function bundleConfig(site: BundleSite, order: LaunchOrder): Promise<object> {
  const seccomp = seccompProfile(process.arch);
  return {
    ociVersion: specVersion,
    hostname: "localhost",
    root: { path: site.root, readonly: true },
    process: processConfig(site, order),
    mounts: await mounts(site, order),
    linux: {
      namespaces: [
        ...["mount", "ipc", "uts", "cgroup"].map((type) => ({ type })),
        { type: "pid", ...(site.processNamespace !== undefined && { path: site.processNamespace }) },
        { type: "network", path: site.networkNamespace },
      ],
      cgroupsPath: site.cgroupPath,
      resources: { devices: [{ allow: false, access: "rwm" }] },
      ...(seccomp && { seccomp }),
      maskedPaths,
      readonlyPaths: readOnlyPaths,
    },
  };
}

/** One process of a container: the first, or one that is started in there later. */
export function processConfig(
  site: Pick<BundleSite, "uid" | "extraGroups" | "program" | "workingDirectory">,
  { args, variables }: Pick<LaunchOrder, "args" | "variables">,
): object {
  const noCapabilities = Object.fromEntries(
    ["bounding", "effective", "inheritable", "permitted", "ambient"].map((name): [string, string[]] => [name, []]),
  );
  return {
    terminal: false,
    user: { uid: site.uid, gid: site.uid, additionalGids: site.extraGroups, umask: 0o022 },
    args: [site.program, ...args],
    env: Object.entries({ HOME: "/tmp", ...variables }).map(([name, value]) => `${name}=${value}`),
    cwd: site.workingDirectory,
    capabilities: noCapabilities,
    noNewPrivileges: true,
    rlimits: [
      { type: "RLIMIT_NOFILE", hard: maxDescriptors, soft: maxDescriptors },
      { type: "RLIMIT_NPROC", hard: maxProcesses, soft: maxProcesses },
      { type: "RLIMIT_CORE", hard: 0, soft: 0 },
    ],
  };
}

async function mounts({ deviceFolder, sleeper, settings, readable }: BundleSite, { folders }: LaunchOrder): Promise<Mount[]> {
  const places = placesOf(folders);
  const { layers, fileSystems, tmp } = folders;
  return [
    { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev", "hidepid=2"] },
    readOnly(deviceFolder, "/dev", "noexec"),
    ...devices.map((device) => bind(device, device, "nosuid", "noexec")),
    ...(sleeper === undefined ? [] : [readOnly(sleeper, sleeperPlace, "nodev")]),
    ...(folders.root === undefined ? await machineMounts(readable) : []),
    ...Object.entries(settings).map(([place, file]) => readOnly(file, place, "nodev", "noexec")),
    ...(folders.root === undefined ? [readOnly(folders.task, places.task, "nodev")] : []),
    ...(layers !== undefined && places.layers !== layers ? [readOnly(layers, places.layers, "nodev")] : []),
    bind(tmp, "/tmp", "nosuid", "nodev"),
    ...readable.filter(isOfLaunch).map((folder) => readOnly(folder, folder, "nodev")),
    ...(fileSystems.length > 0
      ? [{ destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=755", "size=64k"] }]
      : []),
    ...fileSystems.map(({ folder, mountPath }) => bind(folder, mountPath, "nosuid", "nodev")),
  ];
}

/** What functions see of this machine: its programs and libraries, and what their runtime names. */
async function machineMounts(readable: readonly string[]): Promise<Mount[]> {
  const paths = [...machineFolders, ...machineSettings.map((name) => join("/etc", name))];
  const kinds = await Promise.all(paths.map(kindOf));
  const there = [...paths.filter((_, index) => kinds[index] === "entry"), ...outermost(readable.filter((folder) => !isOfLaunch(folder)))];
  return there.map((path) => readOnly(path, path, "nodev"));
}

/** Links among them, which a mount cannot show: each with its target. */
export async function machineLinks(): Promise<[path: string, target: string][]> {
  const paths = [...machineFolders, ...machineSettings.map((name) => join("/etc", name))];
  const kinds = await Promise.all(paths.map(kindOf));
  const links = paths.filter((_, index) => kinds[index] === "link");
  return Promise.all(links.map(async (path): Promise<[string, string]> => [path, await readlink(path)]));
}

async function kindOf(path: string): Promise<"link" | "entry" | undefined> {
  return lstat(path).then(
    (found) => (found.isSymbolicLink() ? "link" : "entry"),
    () => undefined,
  );
}

function bind(source: string, destination: string, ...options: string[]): Mount {
  return { destination, type: "bind", source, options: ["bind", ...options] };
}

function readOnly(source: string, destination: string, ...options: string[]): Mount {
  return bind(source, destination, "ro", "nosuid", ...options);
}

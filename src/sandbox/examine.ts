/** What this machine has of what the sandbox can use, found out by trying: for `npm run doctor`. */
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { release, totalmem } from "node:os";
import { promisify } from "node:util";
import { systemClock } from "#kit/clock.ts";
import { CgroupTree } from "./drivers/linux/cgroups.ts";
import { controllers, findHierarchies, ownMembership } from "./drivers/linux/hierarchies.ts";
import { hasFilter } from "./drivers/linux/seccomp/filter.ts";
import { loadSystemCalls } from "./drivers/linux/system-calls.ts";
import { findTools } from "./drivers/linux/tools.ts";
import { findProgram, runs } from "./drivers/system-programs.ts";
import { RuntimeCatalog, type CatalogOptions } from "./runtimes/catalog.ts";

const run = promisify(execFile);

export interface Finding {
  what: string;
  /** In a few words, what is there. */
  found: string;
  /** Absent where all is well: what is lost without it, and how to get it. */
  remedy?: string;
}

/** Of the machine: what drivers are made of. */
export async function examineMachine(ociRuntime: string): Promise<Finding[]> {
  const memoryGb = (totalmem() / 2 ** 30).toFixed(1);
  const general: Finding = { what: "machine", found: `${process.platform} ${release()} on ${process.arch}, ${memoryGb} GB of memory` };
  const isRoot = process.getuid?.() === 0;
  if (process.platform !== "linux") {
    return [{ ...general, remedy: "Functions run as plain processes here; only Linux has what isolates them." }];
  }
  return [
    general,
    isRoot
      ? { what: "user", found: "root" }
      : { what: "user", found: `user id ${process.getuid?.()}`, remedy: "Only root can isolate functions wholly: start as root." },
    ...(await Promise.all([tools(), namespaces(isRoot), systemCalls(), seccomp()])),
    ...(await controlGroups()),
    ...(await Promise.all([tmpImages(), containers(ociRuntime), compiler()])),
  ];
}

/** Which of these runtimes have an interpreter on this machine. */
export async function examineRuntimes(runtimes: readonly string[], options: CatalogOptions): Promise<Finding[]> {
  const catalog = new RuntimeCatalog(options);
  return Promise.all(
    runtimes.map(async (what): Promise<Finding> => {
      const survey = await catalog.survey(what);
      if (survey.state === "missing") return { what, found: "not here", remedy: survey.remedy };
      if (survey.state === "ready") return { what, found: survey.found };
      return { what, found: survey.found, remedy: `Fetched at the first use: ${survey.source}.` };
    }),
  );
}

async function tools(): Promise<Finding> {
  const what = "util-linux";
  return findTools().then(
    () => ({ what, found: "complete" }),
    (error: Error) => ({ what, found: error.message, remedy: "Install util-linux: without it functions cannot be isolated." }),
  );
}

async function namespaces(isRoot: boolean): Promise<Finding> {
  const unshare = await findProgram("unshare");
  const kinds = ["mount", "pid", "ipc", "uts", "net", "cgroup"];
  const works = await Promise.all(
    kinds.map((kind) =>
      runs([unshare ?? "unshare", ...(isRoot ? [] : ["--user", "--map-root-user"]), `--${kind}`, "--fork", "--", "/bin/true"]),
    ),
  );
  const missing = kinds.filter((_, index) => !works[index]);
  const what = isRoot ? "namespaces" : "user namespaces";
  if (missing.length === 0) return { what, found: kinds.join(", ") };
  const remedy = isRoot
    ? "The kernel, or the container around us, refuses them: functions cannot be isolated. In a container, start that with --privileged."
    : "The kernel refuses them (kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns, user.max_user_namespaces).";
  return { what, found: missing.length === kinds.length ? "none" : `all but ${missing.join(", ")}`, remedy };
}

async function systemCalls(): Promise<Finding> {
  const what = "node:ffi";
  if (await loadSystemCalls()) return { what, found: "the C library can be called" };
  return {
    what,
    found: "missing",
    remedy: "Networks cannot be set up for functions: use the Node that comes with Pilotlight (npm start).",
  };
}

async function seccomp(): Promise<Finding> {
  const what = "seccomp";
  const isInKernel = await exists("/proc/sys/kernel/seccomp/actions_avail");
  if (isInKernel && hasFilter(process.arch)) return { what, found: "system calls can be filtered" };
  const why = isInKernel ? `no filter for ${process.arch} yet` : "not in this kernel";
  return { what, found: why, remedy: "Functions may make any system call that an unprivileged user may." };
}

/** By making a group and removing it. */
async function controlGroups(): Promise<Finding[]> {
  const tree = await CgroupTree.open("doctor", systemClock);
  const hierarchies = findHierarchies(ownMembership().mountInfo);
  const lost = { memory: "memory", cpu: "the share of the processor", pids: "the number of processes" };
  try {
    await tree.create(128).remove();
    return controllers.map((controller) => {
      const version = hierarchies.get(controller)?.version;
      const what = `control group: ${controller}`;
      if (!tree.missing.includes(controller)) return { what, found: `version ${version}` };
      const why = version === undefined ? "not mounted" : `version ${version}, but not ours to use`;
      return {
        what,
        found: why,
        remedy: `A function's limit on ${lost[controller]} does not hold. Start as root, or with a delegated group (systemd-run --user --scope -p Delegate=yes).`,
      };
    });
  } finally {
    await tree.close();
  }
}

async function tmpImages(): Promise<Finding> {
  const what = "/tmp of a fixed size";
  const [format, hasLoops] = await Promise.all([findProgram("mkfs.ext4"), exists("/dev/loop-control", constants.R_OK | constants.W_OK)]);
  const missing = [...(format === undefined ? ["mkfs.ext4"] : []), ...(hasLoops ? [] : ["loop devices"])];
  if (missing.length === 0) return { what, found: "loop devices, mkfs.ext4" };
  return {
    what,
    found: `without ${missing.join(" and ")}`,
    remedy: "The disk does not limit what a function may put into /tmp: install e2fsprogs, load the module loop.",
  };
}

async function containers(ociRuntime: string): Promise<Finding> {
  const what = "container runtime";
  const version = await run(ociRuntime, ["--version"]).then(
    ({ stdout }) => stdout.split("\n")[0] as string,
    () => undefined,
  );
  if (version !== undefined) return { what, found: version };
  return { what, found: `no ${ociRuntime}`, remedy: "Only functions that are container images need one: install runc." };
}

async function compiler(): Promise<Finding> {
  const path = await findProgram("cc");
  if (path !== undefined) return { what: "compiler", found: path };
  return { what: "compiler", found: "no cc", remedy: "All works without one; some of it faster with it: install gcc or clang." };
}

function exists(path: string, mode = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

/**
 * Where control groups can be made: below a folder of ours in each hierarchy, whether that is one of version 1 per controller, the one of version 2,
 * or a mixture; at its top, or in the part of it that was delegated to us.
 *
 * https://docs.kernel.org/admin-guide/cgroup-v1/cgroups.html, https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Controller = "memory" | "cpu" | "pids" | "freezer";

/** Those that limit something. */
export const controllers = ["memory", "cpu", "pids"] as const satisfies readonly Controller[];

/** By controller. The folder is absolute. */
export type Hierarchies = ReadonlyMap<Controller, { version: 1 | 2; folder: string }>;

/** The parent of all groups in a hierarchy. */
export const parentName = "pilotlight";
/**
 * By what a process with a single thread enters a group. To move a whole process the kernel stops all forks of the machine for a moment, for which it may wait ten
 * milliseconds; to move a thread that asks for it itself it does not. Version 2 has no such way in.
 */
export const doorFile = { 1: "tasks", 2: "cgroup.procs" } as const;
/** What is written into to make the processes of a group stand still. */
export const freezeFile = { 1: "freezer.state", 2: "cgroup.freeze" } as const;
/** Where we go ourselves if we must make room. */
const ownName = "pilotlight-daemon";

/** What the kernel tells of this process: the texts of /proc/self/mountinfo and /proc/self/cgroup. */
export interface Membership {
  mountInfo: string;
  groups: string;
}

export function ownMembership(): Membership {
  return { mountInfo: read("/proc/self/mountinfo"), groups: read("/proc/self/cgroup") };
}

/** Where each controller is mounted. `readText` gives a file's text, or "" if there is none. */
export function findHierarchies(mountInfo: string, readText: (path: string) => string = read): Hierarchies {
  const found = new Map<Controller, { version: 1 | 2; folder: string }>();
  for (const line of mountInfo.split("\n")) {
    const [front = "", back = ""] = line.split(" - ");
    const folder = front.split(" ")[4] ?? "";
    const [type, , options = ""] = back.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") continue;
    const names = type === "cgroup2" ? readText(join(folder, "cgroup.controllers")).trim().split(" ") : options.split(",");
    const version = type === "cgroup2" ? 2 : 1;
    for (const controller of controllers) if (names.includes(controller)) found.set(controller, { version, folder });
    // Every group of version 2 can be frozen, without any controller; and killed while it is, which those of version 1 cannot.
    if (version === 2 || (names.includes("freezer") && !found.has("freezer"))) found.set("freezer", { version, folder });
  }
  return found;
}

/** Makes the parents of groups; leaves out the controllers for which that does not work. The folders of what it returns are the parents. */
export function openParents({ mountInfo, groups }: Membership): Hierarchies {
  const own = /^0::(\/.*)$/m.exec(groups)?.[1] ?? "/";
  const usable = new Map<Controller, { version: 1 | 2; folder: string }>();
  for (const [controller, { version, folder }] of findHierarchies(mountInfo)) {
    const places = version === 1 ? [folder] : [...new Set([folder, join(folder, own)])];
    const place = places.find((candidate) => makeParent(candidate, controller, version));
    if (place !== undefined) usable.set(controller, { version, folder: join(place, parentName) });
  }
  return usable;
}

/** Makes one parent again: another Pilotlight may have removed it as it left. Throws if that does not work. */
export function remakeParents(parents: Hierarchies): void {
  for (const [controller, { version, folder }] of parents) {
    if (!makeParent(join(folder, ".."), controller, version)) throw new Error(`the control group ${folder} could not be made`);
  }
}

/** Whether groups with this controller can be made in the parent now. */
function makeParent(place: string, controller: Controller, version: 1 | 2): boolean {
  const parent = join(place, parentName);
  try {
    mkdirSync(parent, { recursive: true });
    accessSync(parent, constants.W_OK);
    if (version === 2 && controller === "freezer") accessSync(join(parent, freezeFile[version]), constants.W_OK);
    else if (version === 2) {
      enable(place, controller);
      writeFileSync(join(parent, "cgroup.subtree_control"), `+${controller}`);
    }
    if (controller === "pids") writeFileSync(join(parent, "pids.max"), String(mostProcesses()));
    return true;
  } catch {
    return false;
  }
}

/** Of all functions together: half of what the machine can have. */
const mostProcesses = (): number => Math.max(Math.floor(Number(read("/proc/sys/kernel/pid_max")) / 2), 1_024);

/** Only the top of all may have both processes of its own and children with controllers; in a part of it, the processes must go to a leaf. */
function enable(place: string, controller: Controller): void {
  const switchOn = (): void => writeFileSync(join(place, "cgroup.subtree_control"), `+${controller}`);
  try {
    switchOn();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
    mkdirSync(join(place, ownName), { recursive: true });
    for (const pid of processesIn(place)) writeFileSync(join(place, ownName, "cgroup.procs"), String(pid));
    switchOn();
  }
}

/** Ids of the processes that are in a group itself; empty if there is no such group. */
export function processesIn(folder: string): number[] {
  return read(join(folder, "cgroup.procs")).split("\n").filter(Boolean).map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

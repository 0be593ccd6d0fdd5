/** What environments leave on the machine while they live, and should not leave behind. Linux only. */
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Whether the driver that isolates runs here. */
export const canIsolate = process.platform === "linux" && process.getuid?.() === 0 && process.arch === "x64";

/** Loop devices of files in the folder, also of those that were deleted. */
export const loopDevicesOf = (folder: string): string[] =>
  readdirSync("/sys/block")
    .map((device) => join("/sys/block", device, "loop/backing_file"))
    .filter((file) => read(file).startsWith(folder));

/** Control groups of the Pilotlight that runs in this process. */
export const cgroupsOf = (pid: number): string[] =>
  globSync([`/sys/fs/cgroup/*/pilotlight/${pid}-*/*/`, `/sys/fs/cgroup/pilotlight/${pid}-*/*/`]);

/** What files of that name hold, in the control groups of that process. */
export const cgroupValues = (pid: number, file: string): string[] =>
  cgroupsOf(pid).flatMap((folder) => (existsSync(join(folder, file)) ? [read(join(folder, file)).trim()] : []));

/** Processes in the control groups of that process. */
export const processesOf = (pid: number): number[] =>
  [...new Set(cgroupValues(pid, "cgroup.procs").flatMap((text) => text.split("\n").filter(Boolean)))].map(Number);

export interface Traces {
  processes: number;
  cgroups: number;
  loopDevices: number;
  mounts: number;
  /** Of environments, in the run folder. */
  folders: number;
  users: number;
  descriptors: number;
}

/** How much of each the Pilotlight in this process has on the machine. */
export function tracesOf(dataFolder: string): Traces {
  const processes = processesOf(process.pid);
  return {
    processes: processes.length,
    cgroups: cgroupsOf(process.pid).length,
    loopDevices: loopDevicesOf(dataFolder).length,
    mounts: read("/proc/self/mounts").split("\n").length,
    folders: globSync(join(dataFolder, "run/*/")).length,
    users: new Set(processes.map((pid) => /^Uid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1])).size,
    descriptors: readdirSync("/proc/self/fd").length,
  };
}

export interface Descendant {
  pid: number;
  parent: number;
  /** The command line, parted by spaces. */
  command: string;
}

/** What a process has started, and what that has started. */
export function descendantsOf(root: number): Descendant[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parentOf(name), command: read(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim() }));
  const below = (pid: number): Descendant[] => all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  return below(root);
}

/** The fourth word of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the second may hold spaces. */
const parentOf = (pid: string): number => Number(read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ")[1]);

/** Empty if it is gone meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

import type { ProgramOrder } from "../driver.ts";
import { maxProcesses } from "./cgroups.ts";
import { enterGroups, maxDescriptors } from "./launch-script.ts";
import { enterUserNamespace } from "./rootless.ts";
import { launcherPlace } from "./template-roots.ts";
import type { Tools } from "./tools.ts";

/** Whoever enters namespaces by nsenter stands at their root. */
const goTo = 'cd "$1" && shift && exec "$@"';

export interface JoinSite {
  tools: Tools;
  /** Of the launch that built the sandbox: it stands in all its namespaces but that of processes, which its children are in. */
  leader: number;
  /** What a process writes into to enter the control groups. */
  groupDoors: readonly string[];
  uid: number;
  extraGroups: readonly number[];
  hasSeccomp: boolean;
  /** See rootless.ts. */
  isRootless: boolean;
}

/** The whole command line that runs one more program in a sandbox that stands. It expects `variablesScript` as its input. */
export function joinCommand(site: JoinSite, { args, workingDirectory = "/var/task" }: ProgramOrder, program: string): string[] {
  const { tools, leader, uid, isRootless, extraGroups } = site;
  const namespaces = ["mnt", "ipc", "uts", "cgroup", ...(isRootless ? [] : ["net"])];
  const options: Record<string, string> = { mnt: "mount" };
  const groups = extraGroups.length > 0 ? ["--groups", extraGroups.join()] : ["--clear-groups"];
  return [
    ...["/bin/sh", "-c", enterGroups, "sh", ...site.groupDoors, "--"],
    ...[tools.setpriv, "--pdeathsig", "KILL", "--"],
    ...[tools.nsenter, ...(isRootless ? enterUserNamespace(leader) : [])],
    ...namespaces.map((name) => `--${options[name] ?? name}=/proc/${leader}/ns/${name}`),
    ...[`--pid=/proc/${leader}/ns/pid_for_children`, "--"],
    ...["/bin/sh", "-c", goTo, "sh", workingDirectory],
    ...[tools.prlimit, `--nofile=${maxDescriptors}`, `--nproc=${maxProcesses}`, "--core=0", "--"],
    ...[tools.setpriv, "--reuid", String(uid), "--regid", String(uid), ...(isRootless ? ["--keep-groups"] : groups)],
    ...["--no-new-privs", "--bounding-set", "-all", "--inh-caps", "-all", "--pdeathsig", "KILL", "--"],
    ...(site.hasSeccomp ? [launcherPlace] : []),
    ...["/bin/sh", "-s", "--", program, ...args],
  ];
}

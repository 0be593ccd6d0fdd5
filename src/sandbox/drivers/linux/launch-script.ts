import type { LaunchFolders, LaunchOrder, Places } from "../driver.ts";
import { maxProcesses } from "./cgroups.ts";
import { enterUserNamespace } from "./rootless.ts";
import { isOfLaunch, launcherPlace } from "./template-roots.ts";
import type { Tools } from "./tools.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: file descriptors. */
export const maxDescriptors = 1_024;

/** What the command gets as descriptors: the variables as its input, and the network namespace. */
export const networkDescriptor = 4;

/** Steps into the control groups, up to `--`, and becomes what follows. When the machine's memory runs out, the kernel is to end functions before others. */
export const enterGroups = `
echo 500 > /proc/self/oom_score_adj
while [ "$1" != -- ]; do echo 0 > "$1" || exit 125; shift; done
shift
exec "$@"`;

/**
 * The first process of a process namespace never dies by a signal and adopts all orphans: so it is not the function but one that sleeps and lets
 * the kernel bury its children. This one, outside of the namespace, forks the function into it by nsenter, waits, and ends as the function ends.
 */
const startFirst = `
setpriv=$1 sleep=$2 nsenter=$3; shift 3
(trap '' CHLD; exec "$setpriv" --pdeathsig KILL --bounding-set -all --inh-caps -all -- "$sleep" infinity <&- >&- 2>&- 3>&- ${networkDescriptor}>&-) &
exec ${networkDescriptor}<&-
exec "$nsenter" --pid=/proc/self/ns/pid_for_children -- "$@"`;

/**
 * Completes the root with what is this launch's own and goes in there: after pivot_root and umount nothing else of the machine has a name any more.
 * A function may be launched again so soon that the kernel has not let go of its /tmp yet, hence the attempts.
 */
const enterRoot = `
set -e
mount=$1 umount=$2 pivot_root=$3 sleep=$4 chown=$5 root=$6 uid=$7; shift 7
tmp=$1 tmpType=$2 tmpOptions=$3; shift 3
# As mkdir -p, but not by way of a link, which a function before may have left in its /tmp.
make_folder() {
  at=$root rest=\${1#/}
  while [ -n "$rest" ]; do
    at=$at/\${rest%%/*}
    [ ! -L "$at" ] || exit 125
    [ -d "$at" ] || mkdir "$at"
    case $rest in */*) rest=\${rest#*/} ;; *) rest= ;; esac
  done
}
attempts=0
until "$mount" -t "$tmpType" -o "$tmpOptions" "$tmp" "$root/tmp" 2>&-; do
  attempts=$((attempts + 1))
  [ "$attempts" -lt 50 ] || exit 125
  "$sleep" 0.02
done
"$chown" "$uid:$uid" "$root/tmp"
chmod 700 "$root/tmp"
while [ "$1" != -- ]; do
  case $1 in
    tmpfs) "$mount" -t tmpfs -o "$3" tmpfs "$root$2" ;;
    *) case $3 in /tmp/* | /mnt/*) make_folder "$3" ;; esac
       "$mount" -o "$1" "$2" "$root$3" ;;
  esac
  shift 3
done
shift
{ echo localhost > /proc/sys/kernel/hostname; } 2>&- || hostname localhost 2>&- || :
cd "$root"
"$mount" -t proc -o nosuid,nodev,noexec,hidepid=2 proc proc
"$pivot_root" . .
"$umount" -l .
cd /var/task
exec "$@"`;

/** As mount takes it; the type of a folder is `none`. */
export interface TmpSource {
  source: string;
  type: string;
  options: string;
  /** Path of an image that is to be copied to `source` first, by the native launcher. */
  template?: string;
}

export interface LaunchSite {
  tools: Tools;
  /** Id of a process in the mount namespace that holds the template: for the native launcher as its root, for others among the machine's files, there. */
  holder: number;
  root: string;
  /** What a process writes into to enter the control groups. */
  groupDoors: readonly string[];
  uid: number;
  /** What is mounted on /tmp, and how. */
  tmp: TmpSource;
  /** Folders that keep the places they have on this machine. */
  readable: readonly string[];
  /** A file with the user's line of /etc/passwd; the native launcher makes its own. */
  passwd?: string;
  hasSeccomp: boolean;
  /** Groups of the folders that the function may write into. */
  extraGroups: readonly number[];
  /** See rootless.ts. */
  isRootless: boolean;
}

/** The whole command line that runs the order's program in its sandbox. It expects `variablesScript` as its input. */
export function launchCommand(site: LaunchSite, order: LaunchOrder, program: string): string[] {
  const { tools, root, uid } = site;
  return [
    ...["/bin/sh", "-c", enterGroups, "sh", ...site.groupDoors, "--"],
    ...enterHolder(site),
    ...[tools.unshare, "--mount", "--ipc", "--uts", "--cgroup", "--pid", "--propagation", "private", "--"],
    ...["/bin/sh", "-c", startFirst, "sh", tools.setpriv, tools.sleep, tools.nsenter],
    ...["/bin/sh", "-c", enterRoot, "sh", tools.mount, tools.umount, tools.pivot_root, tools.sleep, tools.chown],
    ...[root, String(uid), site.tmp.source, site.tmp.type, site.tmp.options, ...launchMounts(order.folders, site).flatMap(words), "--"],
    ...[tools.prlimit, `--nofile=${maxDescriptors}`, `--nproc=${maxProcesses}`, "--core=0", "--"],
    ...[tools.setpriv, "--reuid", String(uid), "--regid", String(uid)],
    ...groups(site),
    ...["--no-new-privs", "--bounding-set", "-all", "--inh-caps", "-all", "--pdeathsig", "KILL", "--"],
    ...(site.hasSeccomp ? [launcherPlace] : []),
    ...["/bin/sh", "-s", "--", program, ...order.args],
  ];
}

/** The wish to die with us comes last, because whoever gains powers in a user namespace loses it. */
function enterHolder({ tools, holder, isRootless }: LaunchSite): string[] {
  const dieWithParent = [tools.setpriv, "--pdeathsig", "KILL", "--"];
  const enter = [tools.nsenter, `--mount=/proc/${holder}/ns/mnt`];
  return isRootless
    ? [...enter, ...enterUserNamespace(holder), "--", ...dieWithParent]
    : [...dieWithParent, ...enter, `--net=/proc/self/fd/${networkDescriptor}`, "--"];
}

function groups({ isRootless, extraGroups }: LaunchSite): string[] {
  // A user namespace of one user lets nobody change the groups.
  if (isRootless) return ["--keep-groups"];
  return extraGroups.length > 0 ? ["--groups", extraGroups.join()] : ["--clear-groups"];
}

/** What a launch hangs up in its root, in this order. */
export interface LaunchMount {
  kind: "readOnly" | "writable" | "tmpfs";
  /** Of a tmpfs: its options. */
  source: string;
  place: string;
}

export function launchMounts(folders: LaunchFolders, { readable, passwd }: LaunchSite): LaunchMount[] {
  const { task, layers, fileSystems } = folders;
  const places = placesOf(folders);
  const readOnly = (source: string, place: string): LaunchMount => ({ kind: "readOnly", source, place });
  return [
    ...(fileSystems.length > 0 ? [{ kind: "tmpfs", source: "mode=755,size=64k", place: "/mnt" } as const] : []),
    readOnly(task, places.task),
    ...(layers !== undefined && places.layers !== layers ? [readOnly(layers, places.layers)] : []),
    ...(passwd === undefined ? [] : [readOnly(passwd, "/etc/passwd")]),
    ...readable.filter(isOfLaunch).map((folder) => readOnly(folder, folder)),
    ...fileSystems.map(({ folder, mountPath }): LaunchMount => ({ kind: "writable", source: folder, place: mountPath })),
  ];
}

/** As `enterRoot` takes it: three words. */
function words({ kind, source, place }: LaunchMount): string[] {
  if (kind === "tmpfs") return ["tmpfs", place, `${source},nosuid,nodev`];
  return [kind === "readOnly" ? "bind,ro,nosuid,nodev" : "bind,nosuid,nodev", source, place];
}

/** Layers cannot lie on /opt if the interpreter does. */
export function placesOf({ layers, readable }: LaunchFolders): Places {
  const isTaken = readable.some((folder) => folder.startsWith("/opt/"));
  return { task: "/var/task", layers: isTaken && layers !== undefined ? layers : "/opt", hasFileSystems: true };
}

/** What the driver itself adds to a program's variables. */
export const ownVariables = (variables: Readonly<Record<string, string>>): Record<string, string> => ({ HOME: "/tmp", ...variables });

/**
 * Sets the function's variables when nothing runs with privileges any more: among them may be such as LD_PRELOAD, which the programs that build
 * the sandbox would obey.
 */
export function variablesScript(variables: Readonly<Record<string, string>>): string {
  const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;
  return [
    "unset OLDPWD PATH PILOTLIGHT_ENVIRONMENT PWD",
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`),
    'exec "$@" </dev/null\n',
  ].join("\n");
}

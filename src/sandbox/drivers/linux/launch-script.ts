import type { LaunchFolders, LaunchOrder, Places } from "../driver.ts";
import { maxProcesses } from "./cgroups.ts";
import { isOfLaunch, launcherPlace } from "./template-roots.ts";
import type { Tools } from "./tools.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: file descriptors. */
const maxDescriptors = 1_024;

/** What the command gets as descriptors: the variables as its input, and the network namespace. */
export const networkDescriptor = 4;

/** Steps into the control groups, up to `--`, and becomes what follows. */
const enterGroups = `
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
mount=$1 umount=$2 pivot_root=$3 sleep=$4 chown=$5 root=$6 uid=$7 tmp=$8 tmpOptions=$9; shift 9
attempts=0
until "$mount" -o "$tmpOptions" "$tmp" "$root/tmp" 2>&-; do
  attempts=$((attempts + 1))
  [ "$attempts" -lt 50 ] || exit 125
  "$sleep" 0.02
done
"$chown" "$uid:$uid" "$root/tmp"
chmod 700 "$root/tmp"
while [ "$1" != -- ]; do
  case $1 in
    tmpfs) "$mount" -t tmpfs -o "$3" tmpfs "$root$2" ;;
    *) case $3 in /tmp/* | /mnt/*) mkdir -p "$root$3" ;; esac
       "$mount" -o "$1" "$2" "$root$3" ;;
  esac
  shift 3
done
shift
echo localhost > /proc/sys/kernel/hostname
cd "$root"
"$mount" -t proc -o nosuid,nodev,noexec,hidepid=2 proc proc
"$pivot_root" . .
"$umount" -l .
cd /var/task
exec "$@"`;

const readOnly = "bind,ro,nosuid,nodev";

export interface LaunchSite {
  tools: Tools;
  /** Id of a process in the mount namespace that holds the template, and where the root is in there. */
  holder: number;
  root: string;
  /** What a process writes into to enter the control groups. */
  groupDoors: readonly string[];
  uid: number;
  /** What is mounted on /tmp, and how. */
  tmp: { source: string; options: string };
  /** Folders that keep the places they have on this machine. */
  readable: readonly string[];
  /** A file with the user's line of /etc/passwd. */
  passwd: string;
  hasSeccomp: boolean;
  /** Groups of the folders that the function may write into. */
  extraGroups: readonly number[];
}

/** The whole command line that runs the order's program in its sandbox. It expects `variablesScript` as its input. */
export function launchCommand(site: LaunchSite, order: LaunchOrder, program: string): string[] {
  const { tools, root, uid, extraGroups } = site;
  return [
    ...["/bin/sh", "-c", enterGroups, "sh", ...site.groupDoors, "--"],
    ...[tools.setpriv, "--pdeathsig", "KILL", "--"],
    ...[tools.nsenter, `--mount=/proc/${site.holder}/ns/mnt`, `--net=/proc/self/fd/${networkDescriptor}`, "--"],
    ...[tools.unshare, "--mount", "--ipc", "--uts", "--cgroup", "--pid", "--propagation", "private", "--"],
    ...["/bin/sh", "-c", startFirst, "sh", tools.setpriv, tools.sleep, tools.nsenter],
    ...["/bin/sh", "-c", enterRoot, "sh", tools.mount, tools.umount, tools.pivot_root, tools.sleep, tools.chown],
    ...[root, String(uid), site.tmp.source, site.tmp.options, ...mounts(order.folders, site), "--"],
    ...[tools.prlimit, `--nofile=${maxDescriptors}`, `--nproc=${maxProcesses}`, "--core=0", "--"],
    ...[tools.setpriv, "--reuid", String(uid), "--regid", String(uid)],
    ...(extraGroups.length > 0 ? ["--groups", extraGroups.join()] : ["--clear-groups"]),
    ...["--no-new-privs", "--bounding-set", "-all", "--inh-caps", "-all", "--pdeathsig", "KILL", "--"],
    ...(site.hasSeccomp ? [launcherPlace] : []),
    ...["/bin/sh", "-s", "--", program, ...order.args],
  ];
}

/** Triples: options, source, place. */
function mounts(folders: LaunchFolders, { readable, passwd }: LaunchSite): string[] {
  const { task, layers, fileSystems } = folders;
  const places = placesOf(folders);
  return [
    ...(fileSystems.length > 0 ? ["tmpfs", "/mnt", "mode=755,size=64k,nosuid,nodev"] : []),
    ...[readOnly, task, places.task],
    ...(layers !== undefined && places.layers !== layers ? [readOnly, layers, places.layers] : []),
    ...[readOnly, passwd, "/etc/passwd"],
    ...readable.filter(isOfLaunch).flatMap((folder) => [readOnly, folder, folder]),
    ...fileSystems.flatMap(({ folder, mountPath }) => ["bind,nosuid,nodev", folder, mountPath]),
  ];
}

/** Layers cannot lie on /opt if the interpreter does. */
export function placesOf({ layers, readable }: LaunchFolders): Places {
  const isTaken = readable.some((folder) => folder.startsWith("/opt/"));
  return { task: "/var/task", layers: isTaken && layers !== undefined ? layers : "/opt", hasFileSystems: true };
}

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

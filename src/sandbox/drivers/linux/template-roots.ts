import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { sandboxNames } from "../driver.ts";
import { userNamespace } from "./rootless.ts";
import type { Tools } from "./tools.ts";

/** What functions find of the machine besides what their runtime names: programs and libraries, and of /etc what libraries read. */
export const machineFolders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
export const machineSettings = [
  "ld.so.cache",
  "ssl",
  "ca-certificates",
  "pki",
  "alternatives",
  "localtime",
  "mime.types",
  "protocols",
  "services",
];
export const devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/** Where the seccomp launcher lies in a root. */
export const launcherPlace = "/run/seccomp";

const readOnly = "bind,ro,nosuid,nodev";

/**
 * $1: mount; $2: sleep; $3: the root; $4: its resolv.conf; $5: what is to be done when it stands. Then, up to `--`, four words each: `link TARGET PLACE -`, or `folder` or `file`, SOURCE PLACE OPTIONS.
 * The process stays, and with it the mounts, which nobody sees who does not enter.
 */
const script = `
set -e
mount=$1 sleep=$2 root=$3 resolvers=$4 end=$5; shift 5
"$mount" -t tmpfs -o mode=755,size=4m,nosuid,nodev tmpfs "$root"
cd "$root"
mkdir -p dev etc mnt opt proc run tmp var/task
for name in fd stdin:0 stdout:1 stderr:2; do
  case $name in fd) ln -s /proc/self/fd dev/fd ;; *) ln -s "/proc/self/fd/\${name#*:}" "dev/\${name%:*}" ;; esac
done
printf '127.0.0.1 localhost ${sandboxNames.join(" ")}\\n' > etc/hosts
printf '%s' "$resolvers" > etc/resolv.conf
printf 'passwd: files\\ngroup: files\\nhosts: files dns\\n' > etc/nsswitch.conf
: > etc/passwd
: > etc/group
while [ "$1" != -- ]; do
  mkdir -p ".\${3%/*}"
  case $1 in
    link) ln -s "$2" ".$3" ;;
    folder) mkdir -p ".$3"; "$mount" -o "$4" "$2" ".$3" ;;
    file) : > ".$3"; "$mount" -o "$4" "$2" ".$3" ;;
  esac
  shift 4
done
"$mount" -o remount,bind,ro,nosuid,nodev "$root"
eval "$end"
cd /
echo ready
exec "$sleep" infinity >&-`;

/**
 * Leaves nothing of the machine but the root: for the native launcher, which brings along what else a launch needs. To change the root takes longer the more processes
 * the machine has; here that is done once. umount looks into /proc; what lies there afterwards is where launches put files that need no name.
 */
const becomeRoot = (pivotRoot: string, umount: string): string => `
"$mount" -t proc proc "$root/proc"
cd "$root"
"${pivotRoot}" . .
"${umount}" -l .
"${umount}" /proc
"$mount" -t tmpfs -o mode=700,size=64m,nosuid,nodev,noexec tmpfs /proc`;

/** Places that each launch fills itself, so that nothing below them can come from a template. */
export const isOfLaunch = (path: string): boolean => /^\/(tmp|mnt|proc)(\/|$)/.test(path);

/**
 * File systems for functions, made of what they may read of this machine and nothing else. Each is put together once per kind of runtime, in a
 * mount namespace that a sleeping process holds; a launch copies that namespace, which costs a fraction of a millisecond, and adds what is its own.
 */
export class TemplateRoots {
  /** Where the root is mounted in each of the namespaces; outside of them it is an empty folder. */
  readonly folder: string;
  #tools: Tools;
  #launcher: string | undefined;
  #isRootless: boolean;
  #resolvers: string;
  #holders = new Map<string, Promise<ChildProcess>>();

  /** `nameServer` is where functions ask for names, if they can. */
  constructor(folder: string, tools: Tools, launcher: string | undefined, isRootless: boolean, nameServer?: string) {
    this.folder = folder;
    this.#tools = tools;
    this.#launcher = launcher;
    this.#isRootless = isRootless;
    this.#resolvers = nameServer === undefined ? "" : `nameserver ${nameServer}\n`;
  }

  /**
   * Id of a process in whose mount namespace the root shows these folders, at the places that they have on this machine; `isAlone`: and there is nothing
   * else, because it is the namespace's own root.
   */
  async holder(readable: readonly string[], { isAlone = false } = {}): Promise<number> {
    const folders = outermost(readable.filter((folder) => !isOfLaunch(folder)));
    const key = [isAlone, ...folders].join("\n");
    let holder = this.#holders.get(key);
    if (!holder) {
      holder = this.#build(folders, isAlone);
      this.#holders.set(key, holder);
      // One that ends, for whatever reason, is put together again by the next launch.
      const forget = (): unknown => this.#holders.delete(key);
      holder.then((child) => child.once("exit", forget), forget);
    }
    return (await holder).pid as number;
  }

  async close(): Promise<void> {
    const holders = await Promise.allSettled(this.#holders.values());
    await Promise.all(holders.flatMap((holder) => (holder.status === "fulfilled" ? [end(holder.value)] : [])));
  }

  async #build(folders: readonly string[], isAlone: boolean): Promise<ChildProcess> {
    await mkdir(this.folder, { recursive: true });
    const { mount, umount, pivot_root: pivotRoot, setpriv, sleep, unshare } = this.#tools;
    const ending = isAlone ? becomeRoot(pivotRoot, umount) : "";
    const entries = [
      ...(await Promise.all([...machineFolders, ...machineSettings.map((name) => join("/etc", name)), ...folders].map(entryOf))).flat(),
      ...devices.flatMap((device) => ["file", device, device, "bind,nosuid,noexec"]),
      ...(this.#launcher === undefined ? [] : ["file", this.#launcher, launcherPlace, readOnly]),
    ];
    const dieWithParent = [setpriv, "--pdeathsig", "KILL", "--"];
    const leave = [unshare, ...(this.#isRootless ? userNamespace : []), "--mount", "--propagation", "private", "--"];
    // In this order because whoever gains powers in a user namespace loses the wish to die.
    const [program, ...enter] = this.#isRootless ? [...leave, ...dieWithParent] : [...dieWithParent, ...leave];
    const child = spawn(
      program as string,
      [...enter, "/bin/sh", "-c", script, "sh", mount, sleep, this.folder, this.#resolvers, ending, ...entries, "--"],
      {
        cwd: "/",
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      },
    );
    const complaint = text(child.stderr);
    const [word] = (await Promise.race([once(child.stdout, "data"), once(child, "exit")])) as [Buffer | number];
    if (!Buffer.isBuffer(word)) throw new Error(`the file system of functions could not be put together: ${(await complaint).trim()}`);
    child.unref();
    return child;
  }
}

async function entryOf(path: string): Promise<string[]> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return [];
  if (found.isSymbolicLink()) return ["link", await readlink(path), path, "-"];
  return [found.isDirectory() ? "folder" : "file", path, path, readOnly];
}

/** Without those that lie within another one, or in what every root has. */
export function outermost(folders: readonly string[]): string[] {
  const kept: string[] = [];
  for (const folder of [...new Set(folders)].toSorted()) {
    if (![...machineFolders, ...kept].some((other) => folder === other || folder.startsWith(`${other}/`))) kept.push(folder);
  }
  return kept;
}

async function end(holder: ChildProcess): Promise<void> {
  holder.ref();
  const gone = once(holder, "exit");
  if (holder.exitCode === null && holder.signalCode === null && holder.kill("SIGKILL")) await gone;
}

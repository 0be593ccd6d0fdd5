import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram, runs } from "./system-programs.ts";

/**
 * On Linux a process can have a view of the files of its own, in which a private folder lies over /tmp. That takes `unshare` and
 * the right to mount (root, or a kernel that lets users make user namespaces); whether it works is found out by trying.
 */
export interface TmpMount {
  /** Program and arguments that run the rest of the command line with `tmp` in the place of /tmp. */
  command(tmp: string, workingFolder: string, readable: readonly string[]): string[];
}

const ways = [["--mount"], ["--user", "--map-root-user", "--mount"]];

/**
 * $1, $2: mount and mkdir (the function's PATH is not ours); $3: the private folder; $4: the working folder; then, up to `--`,
 * folders below /tmp that must stay visible: they are bound again inside the private one. All of it is gone with the last
 * process of the view.
 */
const script = `
mount=$1; mkdir=$2; tmp=$3; work=$4; shift 4
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then "$mkdir" -p "$tmp\${1#/tmp}" && "$mount" --rbind "$1" "$tmp\${1#/tmp}" || exit 125; fi
  shift
done
shift
"$mount" --rbind "$tmp" /tmp && cd "$work" || exit 125
unset OLDPWD
exec "$@"`;

/** The first way that works here, if any does. `scratchFolder` must exist. */
export async function findTmpMount(scratchFolder: string): Promise<TmpMount | undefined> {
  if (process.platform !== "linux") return undefined;
  const [unshare, mount, mkdir] = await Promise.all(["unshare", "mount", "mkdir"].map(findProgram));
  if (unshare === undefined || mount === undefined || mkdir === undefined) return undefined;
  for (const way of ways) {
    const candidate: TmpMount = {
      command(tmp, workingFolder, readable) {
        const hidden = [...new Set(readable)].filter((folder) => folder.startsWith("/tmp/"));
        return [unshare, ...way, "--", "/bin/sh", "-c", script, "sh", mount, mkdir, tmp, workingFolder, ...hidden, "--"];
      },
    };
    if (await works(candidate, scratchFolder)) return candidate;
  }
  return undefined;
}

async function works(mount: TmpMount, scratchFolder: string): Promise<boolean> {
  const tmp = await mkdtemp(join(scratchFolder, "probe-"));
  try {
    await writeFile(join(tmp, "seen"), "");
    return await runs([...mount.command(tmp, "/", []), "/bin/sh", "-c", "test -e /tmp/seen"]);
  } finally {
    await rm(tmp, { recursive: true, force: true });
  }
}

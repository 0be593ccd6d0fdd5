import { findPrograms } from "../system-programs.ts";

/** util-linux, and three programs that are never missing where it is there. */
const names = ["chown", "mount", "nsenter", "pivot_root", "prlimit", "setpriv", "sleep", "umount", "unshare"] as const;

/** Absolute paths. */
export type Tools = Record<(typeof names)[number], string>;

/** Rejects with the name of what is missing. */
export async function findTools(): Promise<Tools> {
  const paths = await findPrograms(names);
  const missing = names.find((_, index) => paths[index] === undefined);
  if (missing !== undefined) throw new Error(`${missing} is missing`);
  return Object.fromEntries(names.map((name, index) => [name, paths[index]])) as Tools;
}

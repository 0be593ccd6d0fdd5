import { findProgram } from "../system-programs.ts";

/** util-linux, and three programs that are never missing where it is there. */
const names = ["chown", "mount", "nsenter", "pivot_root", "prlimit", "setpriv", "sleep", "umount", "unshare"] as const;

/** Absolute paths. */
export type Tools = Record<(typeof names)[number], string>;

/** Rejects with the name of what is missing. */
export async function findTools(): Promise<Tools> {
  const found = await Promise.all(
    names.map(async (name): Promise<[string, string]> => {
      const path = await findProgram(name);
      if (path === undefined) throw new Error(`${name} is missing`);
      return [name, path];
    }),
  );
  return Object.fromEntries(found) as Tools;
}

import { readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../linux/cgroups.ts";
import { parentName } from "../linux/hierarchies.ts";

/**
 * A runtime makes the group of a container in every hierarchy of control groups, also in those without a limit of ours. It removes them again, but not
 * their parents, nor those of containers that it has forgotten. Empty ones of processes that are gone are nobody's.
 */
export function removeForeignGroups(): void {
  for (const parent of hierarchyFolders().map((folder) => join(folder, parentName))) {
    for (const name of foldersIn(parent)) {
      const pid = Number.parseInt(name, 10);
      if (isAlive(pid) && pid !== process.pid) continue;
      for (const inner of foldersIn(join(parent, name))) remove(join(parent, name, inner));
      remove(join(parent, name));
    }
    remove(parent);
  }
}

function hierarchyFolders(): string[] {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return mounts.filter((line) => / - cgroup2? /.test(line)).map((line) => line.split(" ")[4] as string);
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

/** If it is empty. */
function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // In use, or gone already.
  }
}

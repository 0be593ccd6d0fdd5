import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Asks the programs of a launch to end: see `innerProcesses`. */
export function terminateInner(leader: number, uid: number, doors?: readonly string[]): void {
  for (const pid of innerProcesses(leader, uid, doors)) {
    try {
      process.kill(pid, "SIGTERM");
    } catch {
      // It is gone.
    }
  }
}

/**
 * The programs of a launch, as the function's user: children of its leader, which waits for them outside of the sandbox and has no other child of that user. A
 * fork's parent is the fork server instead; such programs are found by their control group: those whose parent is not in there. `doors`: by what one enters it.
 */
export function innerProcesses(leader: number, uid: number, doors: readonly string[] = []): number[] {
  const children = ofUser(uid, readPids(`/proc/${leader}/task/${leader}/children`));
  if (children.length > 0 || doors[0] === undefined) return children;
  const members = ofUser(uid, readPids(join(dirname(doors[0]), "cgroup.procs")));
  return members.filter((pid) => !members.includes(statusOf(pid)?.parent ?? 0));
}

const ofUser = (uid: number, pids: readonly number[]): number[] => pids.filter((pid) => statusOf(pid)?.uid === uid);

function readPids(path: string): number[] {
  try {
    return readFileSync(path, "latin1").split(/\s/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Undefined if the process is gone. */
function statusOf(pid: number): { uid: number; parent: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return { uid: Number(/^Uid:\t(\d+)/m.exec(status)?.[1]), parent: Number(/^PPid:\t(\d+)/m.exec(status)?.[1]) };
  } catch {
    return undefined;
  }
}

import { readFileSync } from "node:fs";

/**
 * What a launch's leader has put into the sandbox as the function's user: the leader, outside, waits for it, and beside it there is only the sleeper
 * that buries orphans, which is root's.
 */
export function innerProcesses(leader: number, uid: number): number[] {
  try {
    const children = readFileSync(`/proc/${leader}/task/${leader}/children`, "latin1").split(" ").filter(Boolean).map(Number);
    return children.filter((pid) => userOf(pid) === uid);
  } catch {
    return [];
  }
}

/** Throws if the process is gone. */
function userOf(pid: number): number {
  const [, uid] = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
  return Number(uid);
}

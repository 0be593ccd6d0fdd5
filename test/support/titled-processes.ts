import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Ids of this machine's processes that gave themselves this title (`process.title = …`). A function's own `process.pid` means nothing
 * outside when the driver gives it a process namespace; its title is seen from everywhere.
 */
export async function processesTitled(title: string): Promise<number[]> {
  const { stdout } = await run("ps", ["-axww", "-o", "pid=,stat=,args="]);
  return stdout
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((found) => found !== null && !found[2]!.startsWith("Z") && found[3]!.trim() === title)
    .map((found) => Number(found![1]));
}

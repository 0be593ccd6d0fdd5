import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Absolute path of a program on our own PATH, or where root's programs are, if it is there. */
export async function findProgram(name: string): Promise<string | undefined> {
  return run("/bin/sh", ["-c", 'PATH="$PATH:/usr/sbin:/sbin"; command -v "$1"', "sh", name]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/** Whether a command ends with status 0. */
export async function runs(command: readonly string[]): Promise<boolean> {
  return run(command[0] as string, command.slice(1)).then(
    () => true,
    () => false,
  );
}

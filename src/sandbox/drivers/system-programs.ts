import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Absolute path of a program on our own PATH, or where root's programs are, if it is there. */
export async function findProgram(name: string): Promise<string | undefined> {
  return (await findPrograms([name]))[0];
}

/** The same of several at once, in their order: a start of the product waits for each shell. */
export async function findPrograms(names: readonly string[]): Promise<Array<string | undefined>> {
  const script = 'PATH="$PATH:/usr/sbin:/sbin"; for name; do command -v "$name" || echo; done';
  const stdout = await run("/bin/sh", ["-c", script, "sh", ...names]).then(
    (output) => output.stdout,
    () => "",
  );
  const lines = stdout.split("\n");
  return names.map((_, index) => lines[index] || undefined);
}

/** Whether a command ends with status 0. */
export async function runs(command: readonly string[]): Promise<boolean> {
  return run(command[0] as string, command.slice(1)).then(
    () => true,
    () => false,
  );
}

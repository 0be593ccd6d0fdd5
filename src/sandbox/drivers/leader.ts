import type { ChildProcess } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import type { ProcessExit } from "./driver.ts";

/** The process that leads a launch's process group, and ends as the launch's program ends. */
export interface Leader {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Our end of the program's descriptor 3, if it has one. */
  readonly frames?: Duplex | undefined;
  /** Never rejects. */
  readonly exited: Promise<ProcessExit>;
}

/** One that was spawned, with descriptor 3 for frames if it is a pipe. */
export function childLeader(child: ChildProcess): Leader {
  return {
    pid: child.pid as number,
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    frames: (child.stdio[3] as Duplex | null | undefined) ?? undefined,
    exited: new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal }))),
  };
}

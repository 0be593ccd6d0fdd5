import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Tools } from "../linux/tools.ts";
import { markerVariable } from "../marked-processes.ts";

const script = `
echo ready
exec "$1" infinity >&- 2>&-`;

/**
 * A process namespace whose first process is not the function: the kernel spares a first process most signals, its own among them. It sleeps; when
 * it ends, be it because the daemon was killed, the kernel kills everything else in there.
 */
export class FirstProcess {
  #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  static async start({ setpriv, sleep, unshare }: Tools, environment: string): Promise<FirstProcess> {
    const withoutRights = ["--pdeathsig", "KILL", "--bounding-set", "-all", "--inh-caps", "-all", "--"];
    const child = spawn(
      setpriv,
      [
        "--pdeathsig",
        "KILL",
        "--",
        unshare,
        "--pid",
        "--fork",
        "--kill-child",
        "--",
        setpriv,
        ...withoutRights,
        "/bin/sh",
        "-c",
        script,
      ].concat("sh", sleep),
      { cwd: "/", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", [markerVariable]: environment }, stdio: ["ignore", "pipe", "pipe"] },
    );
    const complaint = text(child.stderr);
    const [word] = (await Promise.race([once(child.stdout, "data"), once(child, "exit")])) as [Buffer | number];
    if (!Buffer.isBuffer(word)) throw new Error(`a process namespace could not be made: ${(await complaint).trim()}`);
    return new FirstProcess(child);
  }

  get namespace(): string {
    return `/proc/${this.#process.pid}/ns/pid_for_children`;
  }

  /** What runs in the namespace is being killed when this resolves. */
  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
  }
}

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Log } from "#kit/log.ts";
import type { LaunchOrder } from "../driver.ts";
import { maxProcesses } from "./cgroups.ts";
import { launchMounts, maxDescriptors, type LaunchSite } from "./launch-script.ts";
import { filterBytes } from "./seccomp/filter.ts";

const run = promisify(execFile);

const sourceFolder = resolve(import.meta.dirname, "../../../../native");
const sources = ["launcher.c", "order.h"];
const compileLimitMs = 60_000;

/**
 * The program that takes the place of the chain of programs, where there is a C compiler. It is found or made in the background, tried out, and used
 * from then on.
 */
export class NativeLauncher {
  /** Set once it has proved itself. */
  program: string | undefined;
  /** Why it cannot be used. */
  complaint: string | undefined;
  #closing = new AbortController();
  #starting: Promise<void>;

  /** `tryOut` launches something by the program, and resolves with what went wrong, if it did. */
  constructor(folder: string, log: Log, tryOut: (program: string) => Promise<string | undefined>) {
    this.#starting = this.#start(folder, tryOut).then(
      () => log.debug("the native launcher is used from now on"),
      (error: unknown) => {
        this.complaint = (error as Error).message.split("\n", 1)[0] ?? "";
        if (!this.#closing.signal.aborted) log.debug("the native launcher cannot be used", { error });
      },
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#starting;
  }

  async #start(folder: string, tryOut: (program: string) => Promise<string | undefined>): Promise<void> {
    const { signal } = this.#closing;
    const program = await programIn(folder);
    await access(program).catch(() => compile(program, folder, signal));
    signal.throwIfAborted();
    const complaint = await tryOut(program);
    if (complaint !== undefined) throw new Error(complaint);
    this.program = program;
  }
}

/** Rejects where there is no C compiler, or one that cannot. */
async function compile(program: string, folder: string, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, "compiling-"));
  try {
    const output = join(scratch, "launcher");
    const cc = (...options: string[]) =>
      run("cc", ["-O2", ...options, "-o", output, join(sourceFolder, "launcher.c")], { timeout: compileLimitMs, signal });
    // Without libraries to load it starts in half the time; some compilers lack what that takes.
    await cc("-static").catch(() => cc());
    // Made aside and renamed: nobody sees half of it.
    await rename(output, program);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Named by what it is made of, so that another version of the product makes its own. */
async function programIn(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of sources) hash.update(await readFile(join(sourceFolder, name)));
  return join(folder, `launcher-${process.arch}-${hash.digest("hex").slice(0, 16)}`);
}

const mountTags = { readOnly: "r", writable: "w", tmpfs: "t" };

/** The order that the launcher reads from its standard input: native/order.h. */
export function nativeOrder(site: LaunchSite, order: LaunchOrder, program: string, variables: Readonly<Record<string, string>>): Buffer {
  const records: Array<[tag: string, value: string | Buffer]> = [
    ["S", String(process.pid)],
    ...site.groupDoors.map((door): [string, string] => ["g", door]),
    ["h", `/proc/${site.holder}/ns/mnt`],
    ["R", site.root],
    ["u", String(site.uid)],
    ["d", String(maxDescriptors)],
    ["p", String(maxProcesses)],
    ...site.extraGroups.map((group): [string, string] => ["G", String(group)]),
    [site.tmp.type === "ext4" ? "T" : "B", site.tmp.source],
    ...launchMounts(order.folders, site).map(({ kind, source, place }): [string, string] => [mountTags[kind], `${source}\0${place}`]),
    ...(order.wantsFrames ? [["f", ""] as [string, string]] : []),
    ...(site.hasSeccomp ? [["s", filterBytes()] as [string, Buffer]] : []),
    ...[program, ...order.args].map((word): [string, string] => ["a", word]),
    ...Object.entries(variables).map(([name, value]): [string, string] => ["e", `${name}=${value}`]),
  ];
  return Buffer.concat(
    records.flatMap(([tag, value]) => {
      const body = typeof value === "string" ? Buffer.from(`${value}\0`) : value;
      const head = Buffer.alloc(5);
      head.write(tag, "latin1");
      head.writeUInt32LE(body.length, 1);
      return [head, body];
    }),
  );
}

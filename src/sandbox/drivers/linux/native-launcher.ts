import type { Log } from "#kit/log.ts";
import type { LaunchFolders } from "../driver.ts";
import { maxProcesses } from "./cgroups.ts";
import { DescriptorPassing } from "./descriptor-passing.ts";
import { passwdLine } from "./launch-files.ts";
import { launchMounts, maxDescriptors, type LaunchSite } from "./launch-script.ts";
import { LaunchServer } from "./launch-server.ts";
import { compileNative } from "./native-programs.ts";
import { filterBytes } from "./seccomp/filter.ts";

/** One that ends so often is not started again. */
const maxEnds = 20;

/** Resolves with what went wrong, if it did. */
type Trial = (server: LaunchServer) => Promise<string | undefined>;

/**
 * The program that takes the place of the chain of programs, where there is a C compiler. It is found or made in the background, started, tried out, and
 * used from then on.
 */
export class NativeLauncher {
  /** Why it cannot be used. */
  complaint: string | undefined;
  #closing = new AbortController();
  #starting: Promise<void>;
  #server: LaunchServer | undefined;
  #hasProved = false;

  constructor(folder: string, log: Log, tryOut: Trial) {
    this.#starting = this.#start(folder, tryOut).then(
      () => log.debug("the native launcher is used from now on"),
      (error: unknown) => {
        this.complaint = (error as Error).message.split("\n", 1)[0] ?? "";
        if (!this.#closing.signal.aborted) log.debug("the native launcher cannot be used", { error });
      },
    );
  }

  /** There once it has proved itself, as long as it runs. */
  get server(): LaunchServer | undefined {
    return this.#hasProved && this.#server?.isRunning ? this.#server : undefined;
  }

  /** Resolves when `server` is what it will be. */
  settled(): Promise<void> {
    return this.#starting;
  }

  /** Ends it, and with it all that it has started. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#starting;
    await this.#server?.[Symbol.asyncDispose]();
  }

  async #start(folder: string, tryOut: Trial): Promise<void> {
    const { signal } = this.#closing;
    const program = await compileNative("launcher", folder, signal);
    const passing = await DescriptorPassing.open();
    if (!passing) throw new Error("Node cannot pass descriptors");
    signal.throwIfAborted();
    const server = await LaunchServer.start(program, passing);
    this.#server = server;
    const complaint = await tryOut(server);
    if (complaint !== undefined) throw new Error(complaint);
    this.#hasProved = true;
    void this.#keepRunning(server, program, passing);
  }

  /** One that ends, for whatever reason, is started again. */
  async #keepRunning(server: LaunchServer, program: string, passing: DescriptorPassing): Promise<void> {
    for (let ended = server, count = 0; count < maxEnds; count++) {
      await ended.gone;
      if (this.#closing.signal.aborted) return;
      const starting = LaunchServer.start(program, passing);
      this.#starting = starting.then(
        (next) => void (this.#server = next),
        (error: unknown) => void (this.complaint = (error as Error).message),
      );
      await this.#starting;
      if (this.#server === ended) return;
      ended = this.#server as LaunchServer;
    }
  }
}

const mountTags = { readOnly: "r", writable: "w", tmpfs: "t" };

/** How a launch's program comes about. */
export type ProgramSource =
  | { program: string; args: readonly string[]; variables: Readonly<Record<string, string>> }
  /** Number of a fork server, which has it already; and what the fork is to do with a file of an image, if it comes with one. */
  | { forkedBy: number; image?: "captures" | "restores" | undefined };

const imageTags = { captures: "C", restores: "M" };

/** The order by which the launcher starts a program in a sandbox: native/order.h. */
export function nativeOrder(site: LaunchSite, folders: LaunchFolders, source: ProgramSource, wantsFrames: boolean): Buffer {
  return orderOf([
    ["m", folders.environment],
    ...site.groupDoors.map((door): OrderRecord => ["g", door]),
    template(site),
    ["u", String(site.uid)],
    ["d", String(maxDescriptors)],
    ["p", String(maxProcesses)],
    ...site.extraGroups.map((group): OrderRecord => ["G", String(group)]),
    [site.tmp.type === "ext4" ? "T" : "B", site.tmp.source],
    ...(site.tmp.template === undefined ? [] : [["I", site.tmp.template] satisfies OrderRecord]),
    ["P", passwdLine(site.uid)],
    ...launchMounts(folders, site).map(({ kind, source: from, place }): OrderRecord => [mountTags[kind], `${from}\0${place}`]),
    ["n", ""],
    ...(wantsFrames ? [["f", ""] satisfies OrderRecord] : []),
    ...(site.hasSeccomp ? [["s", filterBytes()] satisfies OrderRecord] : []),
    ...("forkedBy" in source ? fork(source) : command(source)),
  ]);
}

/** The order that starts the fork server of that number. It sees what functions of its runtime see, and besides, on /mnt, the folder `extra`. */
export function forkServerOrder(
  site: Pick<LaunchSite, "holder">,
  number: number,
  extra: string,
  source: Exclude<ProgramSource, { forkedBy: number }>,
): Buffer {
  return orderOf([["Z", String(number)], template(site), ["r", `${extra}\0/mnt`], ["f", ""], ...command(source)]);
}

/** After this the fork server of that number makes no more, and ends with the last that it has made. */
export const dismissOrder = (number: number): Buffer => orderOf([["Z", String(number)]]);

type OrderRecord = [tag: string, value: string | Buffer];

const template = ({ holder }: Pick<LaunchSite, "holder">): OrderRecord => ["h", `/proc/${holder}/ns/mnt`];

const fork = ({ forkedBy, image }: Extract<ProgramSource, { forkedBy: number }>): OrderRecord[] => [
  ["F", String(forkedBy)],
  ...(image ? [[imageTags[image], ""] satisfies OrderRecord] : []),
];

const command = ({ program, args, variables }: Exclude<ProgramSource, { forkedBy: number }>): OrderRecord[] => [
  ...[program, ...args].map((word): OrderRecord => ["a", word]),
  ...Object.entries(variables).map(([name, value]): OrderRecord => ["e", `${name}=${value}`]),
];

function orderOf(records: readonly OrderRecord[]): Buffer {
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

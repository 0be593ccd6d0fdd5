import { dirname } from "node:path";
import { sleep, type Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { ForkServerKind, LaunchOrder } from "../driver.ts";
import type { Leader } from "../leader.ts";
import type { LaunchSite } from "./launch-script.ts";
import type { LaunchServer } from "./launch-server.ts";
import { dismissOrder, forkServerOrder } from "./native-launcher.ts";
import { compileNative, type NativeName } from "./native-programs.ts";

/** The kernel looks through all siblings of a fork when memory is reclaimed or copied, so that each server has a limited number. */
const maxForksAlive = 500;
/** Another is started when all have so many. */
const fewForksLeft = 100;
/** Forks share what their server drew at its start (where things lie in memory, seeds of hash tables): so each serves for a while only. */
const maxForksEver = 5_000;
const bootLimitMs = 10_000;
/** Numbers that the launcher knows: native/launcher.c. */
const maxServers = 255;

/** Where the folder with the native parts is, in the eyes of a fork server. */
const nativePlace = "/mnt";

const languages: Record<ForkServerKind, { native: NativeName; args: readonly string[] }> = {
  // V8 must not have threads of its own: a fork has only the one that forked.
  nodejs: { native: "forkServerNode", args: ["--single-threaded", "--v8-pool-size=1"] },
  python: { native: "forkServerPython", args: [] },
};

/** What a fork server is made of: the order of any launch that it could serve. */
export type ForkOrder = Pick<LaunchOrder, "program" | "args" | "variables"> & { forkServer: ForkServerKind };
type Template = Pick<LaunchSite, "holder" | "root">;

interface ForkServer {
  key: string;
  number: number;
  isReady: boolean;
  aliveCount: number;
  everCount: number;
}

/** One fork of a server. */
export interface TakenFork {
  /** Number of the server. */
  forkedBy: number;
  /** To be called once, when the fork has ended or did not come about. */
  release(): void;
}

/**
 * Processes that have an interpreter and our bootstrap loaded, and fork themselves on request: no code of a customer's ever runs in them. A fork enters its
 * sandbox as any launch does, and takes a fraction of the time and the memory of a process that loads all that for itself.
 */
export class ForkServers {
  #launcher: () => LaunchServer | undefined;
  #folder: string;
  #clock: Clock;
  #log: Log;
  #servers = new Map<number, ForkServer>();
  /** Keys of those that could not be started: it is not tried again. */
  #failed = new Map<string, string>();
  #closing = new AbortController();
  #starting = new Set<Promise<void>>();

  /** `folder`: where the native parts are kept. */
  constructor(launcher: () => LaunchServer | undefined, folder: string, clock: Clock, log: Log) {
    this.#launcher = launcher;
    this.#clock = clock;
    this.#folder = folder;
    this.#log = log;
  }

  /** A server that can make this order's process now. Without one, it is started for the next. */
  take(order: ForkOrder, template: Template): TakenFork | undefined {
    const server = this.#roomiest(keyOf(order, template));
    this.#provide(order, template);
    if (!server) return undefined;
    server.aliveCount++;
    server.everCount++;
    if (server.everCount >= maxForksEver) this.#dismiss(server);
    return { forkedBy: server.number, release: () => server.aliveCount-- };
  }

  /** Whether `take` would find one. If not, one is started. */
  isReady(order: ForkOrder, template: Template): boolean {
    this.#provide(order, template);
    return this.#roomiest(keyOf(order, template)) !== undefined;
  }

  /** Why there are none of some kind: for people. */
  get complaints(): string[] {
    return [...new Set(this.#failed.values())];
  }

  /** They end with the launcher. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#starting);
  }

  #of(key: string): ForkServer[] {
    return [...this.#servers.values()].filter((server) => server.key === key);
  }

  #roomiest(key: string): ForkServer | undefined {
    const [server] = this.#of(key)
      .filter(({ isReady, aliveCount }) => isReady && aliveCount < maxForksAlive)
      .toSorted((a, b) => a.aliveCount - b.aliveCount);
    return server;
  }

  #provide(order: ForkOrder, template: Template): void {
    const key = keyOf(order, template);
    const launcher = this.#launcher();
    if (!launcher || this.#closing.signal.aborted || this.#failed.has(key)) return;
    const servers = this.#of(key);
    const isRoomy = servers.some(({ aliveCount }) => aliveCount < maxForksAlive - fewForksLeft);
    const isStarting = servers.some(({ isReady }) => !isReady);
    const number = this.#freeNumber();
    if (isRoomy || isStarting || number === undefined) return;
    const server: ForkServer = { key, number, isReady: false, aliveCount: 0, everCount: 0 };
    this.#servers.set(number, server);
    const starting = this.#start(launcher, server, order, template)
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        this.#servers.delete(number);
        this.#failed.set(key, `${order.forkServer}: ${(error as Error).message.split("\n", 1)[0]}`);
        this.#log.debug("a fork server could not be started", { program: order.program, error });
      })
      .finally(() => this.#starting.delete(starting));
    this.#starting.add(starting);
  }

  #freeNumber(): number | undefined {
    for (let number = 1; number <= maxServers; number++) if (!this.#servers.has(number)) return number;
    return undefined;
  }

  async #start(launcher: LaunchServer, server: ForkServer, order: ForkOrder, template: Template): Promise<void> {
    const { native, args } = languages[order.forkServer];
    const library = await compileNative(native, this.#folder, this.#closing.signal);
    const variables = {
      ...order.variables,
      PILOTLIGHT_FORK_SERVER: nativePlace + library.slice(this.#folder.length),
      // What the kernel does for one process beside it is not for its forks.
      UV_USE_IO_URING: "0",
    };
    const command = { program: order.program, args: [...args, ...order.args], variables };
    const leader = await launcher.launch(forkServerOrder(template, server.number, dirname(library), command), { wantsFrames: true });
    void leader.exited.then(() => this.#servers.delete(server.number));
    const settled = new AbortController();
    const tooLate = sleep(this.#clock, bootLimitMs, AbortSignal.any([settled.signal, this.#closing.signal])).then(() => {
      throw new Error("it does not come up");
    });
    await Promise.race([untilReady(leader), tooLate]).finally(() => settled.abort());
    server.isReady = true;
    this.#log.debug("a fork server is ready", { program: order.program });
  }

  /** It ends with the last of its forks. */
  #dismiss(server: ForkServer): void {
    server.isReady = false;
    server.key = "";
    void this.#launcher()?.tell(dismissOrder(server.number));
  }
}

const keyOf = ({ program, args, variables }: ForkOrder, { holder }: Template): string => JSON.stringify([program, args, variables, holder]);

/** Rejects with what it complained of if it ends instead. */
async function untilReady({ stdout, stderr, frames, exited }: Leader): Promise<void> {
  let complaint = "";
  stdout.resume();
  stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2_000)));
  const ready = new Promise<boolean>((resolve) => frames?.once("data", () => resolve(true)));
  if (!(await Promise.race([ready, exited.then(() => false)]))) throw new Error(complaint.trim() || "it ended");
}

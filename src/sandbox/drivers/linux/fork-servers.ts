import { dirname } from "node:path";
import { sleep, type Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { ForkableProgram, ForkServerKind } from "../driver.ts";
import type { Leader } from "../leader.ts";
import { kill } from "../marked-processes.ts";
import type { LaunchSite } from "./launch-script.ts";
import type { LaunchServer } from "./launch-server.ts";
import { dismissOrder, forkServerOrder, type NativeLauncher } from "./native-launcher.ts";
import { ownVariables } from "./launch-script.ts";
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
  nodejs: { native: "forkServerNode", args: ["--single-threaded", "--v8-pool-size=1", "--no-flush-bytecode"] },
  python: { native: "forkServerPython", args: [] },
};

type Template = Pick<LaunchSite, "holder">;

/** Whoever forks it knows no more of it than whether it makes forks still. */
export interface ForkServer {
  readonly key: string;
  readonly number: number;
  /** From then on its end is waited for. */
  isLaunched: boolean;
  isReady: boolean;
  isRetired: boolean;
  aliveCount: number;
  everCount: number;
}

/** One fork of a server. */
export interface TakenFork {
  /** Number of the server. */
  forkedBy: number;
  server: ForkServer;
  /** To be called once, when the fork has ended or did not come about. */
  release(): void;
}

/**
 * Processes that have an interpreter and our bootstrap loaded, and fork themselves on request: no code of a customer's ever runs in them. A fork enters its
 * sandbox as any launch does, and takes a fraction of the time and the memory of a process that loads all that for itself.
 */
export class ForkServers {
  #native: NativeLauncher;
  #folder: string;
  #clock: Clock;
  #log: Log;
  #servers = new Map<number, ForkServer>();
  /** Keys of those that could not be started: it is not tried again. */
  #failed = new Map<string, string>();
  #closing = new AbortController();
  #starting = new Set<Promise<void>>();

  /** `folder`: where the native parts are kept. */
  constructor(native: NativeLauncher, folder: string, clock: Clock, log: Log) {
    this.#native = native;
    this.#clock = clock;
    this.#folder = folder;
    this.#log = log;
  }

  /** A server that can make this order's process now. Without one, it is started for the next. */
  take(program: ForkableProgram, template: Template): TakenFork | undefined {
    const server = this.#roomiest(keyOf(program, template));
    this.#provide(program, template);
    return server && this.#takeFrom(server);
  }

  /** One more of that very server, if it can make one now. */
  takeAnother(server: ForkServer): TakenFork | undefined {
    const canFork = server.isReady && !server.isRetired && server.aliveCount < maxForksAlive;
    return canFork ? this.#takeFrom(server) : undefined;
  }

  /** Resolves when `take` will find one, or else with why it will not. */
  async prepare(program: ForkableProgram, template: Template): Promise<string | undefined> {
    await this.#native.settled();
    if (!this.#native.server) return "there is no native launcher";
    this.#provide(program, template);
    await Promise.all(this.#starting);
    return this.#failed.get(keyOf(program, template));
  }

  /** They end with the launcher. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#starting);
  }

  #takeFrom(server: ForkServer): TakenFork {
    server.aliveCount++;
    server.everCount++;
    // It makes no more, and ends with the last that it has made.
    if (server.everCount >= maxForksEver) server.isRetired = true;
    return { forkedBy: server.number, server, release: () => this.#release(server) };
  }

  #release(server: ForkServer): void {
    server.aliveCount--;
    if (server.isRetired && server.aliveCount === 0) void this.#dismiss(server.number);
  }

  #of(key: string): ForkServer[] {
    return [...this.#servers.values()].filter((server) => server.key === key && !server.isRetired);
  }

  #roomiest(key: string): ForkServer | undefined {
    const [server] = this.#of(key)
      .filter(({ isReady, aliveCount }) => isReady && aliveCount < maxForksAlive)
      .toSorted((a, b) => a.aliveCount - b.aliveCount);
    return server;
  }

  #provide(program: ForkableProgram, template: Template): void {
    const key = keyOf(program, template);
    const launcher = this.#native.server;
    if (!launcher || this.#closing.signal.aborted || this.#failed.has(key)) return;
    const servers = this.#of(key);
    const isRoomy = servers.some(({ aliveCount }) => aliveCount < maxForksAlive - fewForksLeft);
    const isStarting = servers.some(({ isReady }) => !isReady);
    const number = this.#freeNumber();
    if (isRoomy || isStarting || number === undefined) return;
    const server: ForkServer = { key, number, isLaunched: false, isReady: false, isRetired: false, aliveCount: 0, everCount: 0 };
    this.#servers.set(number, server);
    const starting = this.#start(launcher, server, program, template)
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        if (!server.isLaunched) this.#forget(server);
        // What it could not be without its launcher, it may be with another one.
        if (launcher.isRunning) this.#failed.set(key, (error as Error).message.split("\n", 1)[0] ?? "");
        this.#log.debug("a fork server could not be started", { program: program.program, error });
      })
      .finally(() => this.#starting.delete(starting));
    this.#starting.add(starting);
  }

  #freeNumber(): number | undefined {
    for (let number = 1; number <= maxServers; number++) if (!this.#servers.has(number)) return number;
    return undefined;
  }

  async #start(launcher: LaunchServer, server: ForkServer, program: ForkableProgram, template: Template): Promise<void> {
    const { native, args } = languages[program.kind];
    const library = await compileNative(native, this.#folder, this.#closing.signal);
    const variables = {
      ...ownVariables(program.variables),
      PILOTLIGHT_FORK_SERVER: nativePlace + library.slice(this.#folder.length),
    };
    const command = { program: program.program, args: [...args, ...program.args], variables };
    const leader = await launcher.launch(forkServerOrder(template, server.number, dirname(library), command), { wantsFrames: true });
    server.isLaunched = true;
    void leader.exited.then(async () => {
      server.isRetired = true;
      await this.#dismiss(server.number);
      this.#forget(server);
    });
    const settled = new AbortController();
    const tooLate = sleep(this.#clock, bootLimitMs, AbortSignal.any([settled.signal, this.#closing.signal])).then(() => {
      throw new Error("it does not come up");
    });
    try {
      await Promise.race([untilReady(leader), tooLate]);
    } catch (error) {
      kill(leader.pid);
      throw error;
    } finally {
      settled.abort();
    }
    server.isReady = true;
    this.#log.debug("a fork server is ready", { program: program.program });
  }

  #forget(server: ForkServer): void {
    if (this.#servers.get(server.number) === server) this.#servers.delete(server.number);
  }

  /** Whose requests are no more: it ends. Its number can be had again. */
  async #dismiss(number: number): Promise<void> {
    await this.#native.server?.tell(dismissOrder(number)).catch(() => {});
  }
}

const keyOf = ({ program, args, variables }: ForkableProgram, { holder }: Template): string =>
  JSON.stringify([program, args, variables, holder]);

/** Rejects with what it complained of if it ends instead. */
async function untilReady({ stdout, stderr, frames, exited }: Leader): Promise<void> {
  let complaint = "";
  // How they end is of no interest.
  for (const stream of [stdout, stderr, frames]) stream?.on("error", () => {});
  stdout.resume();
  stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2_000)));
  const ready = new Promise<boolean>((resolve) => frames?.once("data", () => resolve(true)));
  if (!(await Promise.race([ready, exited.then(() => false)]))) throw new Error(complaint.trim() || "it ended");
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "#kit/clock.ts";
import type { EnvironmentSpec, SessionCredentials } from "./contract.ts";
import type { Driver, ForkableProgram, LaunchFolders, LaunchOrder, MemoryImage, ProcessExit } from "./drivers/driver.ts";
import { environmentFolderPrefix, removeFolder } from "./drivers/leftovers.ts";
import { openEndpointRelay, relayedUrl } from "./endpoint-relay.ts";
import { defaultVariables } from "./environment-variables.ts";
import { EitherLink } from "./either-link.ts";
import type { Workshop } from "./prepare-environment.ts";
import type { Failure } from "./failures.ts";
import type { CheckpointOutcome, RuntimeAnswer } from "./runtime-link.ts";
import type { RuntimeStart } from "./runtimes/runtime-start.ts";
import { type OpenLink, RuntimeSession, type SessionListener } from "./runtime-session.ts";
import type { Subscription } from "./telemetry/subscription.ts";
import { openTraceDaemon, type TakeSegments } from "./trace-daemon.ts";

/** What standbys must have in common with the function that takes one. */
export interface StandbyKind {
  runtime: string;
  architecture: EnvironmentSpec["architecture"];
  endpointUrl: string;
}

/** /tmp of this size, AWS's least, is made ahead. https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html */
export const standbyStorageMb = 512;
const bootLimitMs = 10_000;
/** The most that a function can have: limits can be lowered later, not raised. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const mostMemoryMb = 10_240;

interface BootManner {
  /** Whether nobody waits for it yet. */
  isAheadOfNeed: boolean;
  /** Whether it may be forked from a process that has the runtime loaded, if there is one. */
  mayFork: boolean;
  /** See LaunchOrder. */
  capturesImage?: boolean;
  restores?: MemoryImage;
  /** It ended before it was adopted. */
  onGone?: (standby: Standby) => void;
}

/**
 * A process of a runtime that runs in its sandbox already and waits for its function: its variables, its code, its limits. It belongs to nobody
 * until an environment adopts it, and to that one for ever after.
 */
export class Standby {
  /** With empty folders where code and layers will be. */
  readonly folders: LaunchFolders;
  #workshop: Workshop;
  #listener = new LateListener();
  #session: RuntimeSession;
  #isOwn = (_accessKeyId: string): boolean => false;
  #takeSegments: TakeSegments | undefined;
  #isAdopted = false;

  private constructor(workshop: Workshop, readable: readonly string[]) {
    const environment = join(workshop.runFolder, `${environmentFolderPrefix}${workshop.ids.hex(16)}`);
    this.#workshop = workshop;
    this.#session = new RuntimeSession(this.#listener, workshop.clock, workshop.ids);
    this.folders = { environment, tmp: join(environment, "tmp"), task: join(workshop.runFolder, "no-code"), fileSystems: [], readable };
  }

  /** Sees to it that processes of that kind can be forked. Resolves with why they cannot, if that is so. */
  static async prepareFork(workshop: Workshop, kind: StandbyKind): Promise<string | undefined> {
    const start = await workshop.catalog.find(kind.runtime, "");
    const { driver } = workshop;
    if (!driver.prepareFork) return "the driver cannot do it";
    const forkable = forkableOf(start, programOf(driver, start, kind));
    return forkable ? driver.prepareFork(forkable, start.readable) : "the runtime is not made for it";
  }

  /** Resolves when the runtime waits for its function; rejects if it does not come to that. */
  static async boot(workshop: Workshop, kind: StandbyKind, manner: BootManner): Promise<Standby> {
    const { isAheadOfNeed, mayFork, capturesImage, restores, onGone } = manner;
    const { endpointUrl } = kind;
    const start = await workshop.catalog.find(kind.runtime, "");
    const standby = new Standby(workshop, start.readable);
    const { folders } = standby;
    const booted = Promise.withResolvers<void>();
    const settled = new AbortController();
    standby.#listener.onExit = () => booted.reject(new Error("a runtime that was started ahead of need ended"));
    try {
      // One folder serves all: it is empty for ever.
      mkdirSync(folders.task, { recursive: true, mode: 0o755 });
      const program = programOf(workshop.driver, start, kind);
      const forkOf = forkableOf(start, program);
      const order = {
        ...program,
        folders,
        memoryMb: mostMemoryMb,
        ephemeralStorageMb: standbyStorageMb,
        isAheadOfNeed,
        ...(mayFork && forkOf && { forkOf }),
        ...(capturesImage && { capturesImage }),
        ...(restores && { restores }),
      };
      const { driver } = workshop;
      const openLink: OpenLink = async (network, listener, extensions) => {
        if (driver.hasPrivateNetworks) await openEndpointRelay(network, endpointUrl, (signer) => standby.#isOwn(signer));
        await openTraceDaemon(network, workshop, (documents) => standby.#takeSegments?.(documents));
        return EitherLink.open(listener, workshop.ids, network, extensions, booted.resolve);
      };
      const tooLate = sleep(workshop.clock, bootLimitMs, settled.signal).then(() => {
        throw new Error("a runtime that was started ahead of need does not come up");
      });
      await Promise.race([Promise.all([standby.#session.launch(driver, openLink, order), booted.promise]), tooLate]);
    } catch (error) {
      await standby.discard();
      throw error;
    } finally {
      // A reason of ours: by itself it would be an error with a stack.
      settled.abort("settled");
    }
    standby.#listener.onExit = () => onGone?.(standby);
    return standby;
  }

  /**
   * What it says goes to that listener from now on. The caller specialises the session.
   * Undefined if it was adopted before.
   */
  adopt(listener: SessionListener): RuntimeSession | undefined {
    if (this.#isAdopted) return undefined;
    this.#isAdopted = true;
    this.#listener.target = listener;
    return this.#session;
  }

  /** Whose requests the endpoint passes. */
  serveEndpointTo(isOwn: (accessKeyId: string) => boolean): void {
    this.#isOwn = isOwn;
  }

  /** Who gets what it sends to the X-Ray daemon. */
  sendSegmentsTo(take: TakeSegments | undefined): void {
    this.#takeSegments = take;
  }

  end(): Promise<void> {
    return this.#session.end();
  }

  /** Ends it, and removes its folder. */
  async discard(): Promise<void> {
    await this.end();
    await removeFolder(this.folders.environment, this.#workshop.log);
  }
}

/** Passes on what a standby says once there is somebody to tell; before, nothing is worth telling but its end. */
class LateListener implements SessionListener {
  target: SessionListener | undefined;
  onExit = (): void => {};

  ready(): void {
    this.target?.ready();
  }

  initFailed(payload: Buffer): void {
    this.target?.initFailed(payload);
  }

  checkpointed(outcome: CheckpointOutcome): void {
    this.target?.checkpointed(outcome);
  }

  restored(): void {
    this.target?.restored();
  }

  restoreFailed(payload: Buffer): void {
    this.target?.restoreFailed(payload);
  }

  credentialsFor(token: string): SessionCredentials | undefined {
    return this.target?.credentialsFor(token);
  }

  answered(answer: RuntimeAnswer): void {
    this.target?.answered(answer);
  }

  done(): void {
    this.target?.done();
  }

  runtimeDone(): void {
    this.target?.runtimeDone();
  }

  extensionPrinted(line: string): void {
    this.target?.extensionPrinted(line);
  }

  extensionFailed(failure: Failure): void {
    this.target?.extensionFailed(failure);
  }

  subscribed(extension: string, subscription: Subscription): void {
    this.target?.subscribed(extension, subscription);
  }

  logged(timestampMs: number, message: string): void {
    this.target?.logged(timestampMs, message);
  }

  printed(line: string): void {
    this.target?.printed(line);
  }

  batchEnded(): void {
    this.target?.batchEnded();
  }

  violated(reason: string): void {
    if (this.target) this.target.violated(reason);
    else this.onExit();
  }

  exited(exit: ProcessExit): void {
    if (this.target) this.target.exited(exit);
    else this.onExit();
  }
}

type Program = Pick<LaunchOrder, "program" | "args" | "variables">;

/** What a process of the kind runs. Places are the same for all that have no layers yet. */
function programOf(driver: Driver, start: RuntimeStart, { endpointUrl }: StandbyKind): Program {
  const { program, args, readable } = start;
  const places = driver.places({ environment: "", tmp: "", task: "", fileSystems: [], readable });
  const seenUrl = driver.hasPrivateNetworks ? relayedUrl(endpointUrl) : endpointUrl;
  return { program, args, variables: defaultVariables(seenUrl, start, places) };
}

const forkableOf = ({ forkServer }: RuntimeStart, program: Program): ForkableProgram | undefined =>
  forkServer && { kind: forkServer, ...program };

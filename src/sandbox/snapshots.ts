import type { Clock, Timer } from "#kit/clock.ts";
import { SandboxBusy, SandboxFailure, type EnvironmentSpec, type SnapshotFailure } from "./contract.ts";
import type { SnapshotImage } from "./environment-parts.ts";
import type { Entry, PoolMember, ProvisionOfEntry } from "./pool-member.ts";

/** Environments that wait at their snapshots, of all functions together. */
const maxSpares = 32;
/** Images, likewise: each holds what its function has in memory. */
const maxImages = 64;
/** The next one is made so long after the last was taken, so that it does not run beside the start that it was taken for. */
const refillDelayMs = 20;
/** After a failure, doubling. */
const [firstPauseMs, longestPauseMs] = [1_000, 300_000];

/** What snapshots need of the pool. */
export interface SnapshotHost {
  /** Starts one for an invocation, made of the image if there is one. Resolves when its initialisation is over, however it went. */
  start(spec: EnvironmentSpec, image: SnapshotImage | undefined): Promise<Entry>;
  /** The same ahead of need, when that is its turn. */
  startAhead(spec: EnvironmentSpec, owner: ProvisionOfEntry, image: SnapshotImage | undefined): Promise<Entry>;
  end(entry: Entry): void;
}

/**
 * The snapshots of functions with SnapStart (docs/decisions/0018-snapstart.md). A snapshot is an image of an initialised environment's memory, of which any
 * number of others are made, where that can be had; and else, or besides, one such environment that waits for the first who needs it, and is replaced.
 */
export class Snapshots {
  #clock: Clock;
  #host: SnapshotHost;
  #snapshots = new Map<string, Snapshot>();

  constructor(clock: Clock, host: SnapshotHost) {
    this.#clock = clock;
    this.#host = host;
  }

  /** See `Sandbox.snapshot`. */
  make(spec: EnvironmentSpec): Promise<SnapshotFailure | undefined> {
    return this.#of(spec).make();
  }

  /** An environment that has gone on from the snapshot of that spec, or could not be initialised. Rejects with `SandboxFailure` or `SandboxBusy`. */
  async start(spec: EnvironmentSpec): Promise<Entry> {
    const snapshot = this.#of(spec);
    const spare = snapshot.take();
    const image = spare ? undefined : snapshot.image;
    try {
      const entry = await this.#goOn(spare ?? (await this.#host.start(spec, image)));
      snapshot.keepImageOf(entry);
      return entry;
    } catch (error) {
      if ((!spare && !image) || !isLost(error)) throw error;
      // It may have died while it waited, or the image is no good.
      if (image) snapshot.dropImage();
      return await this.#goOn(await this.#host.start(spec, undefined));
    } finally {
      snapshot.refillSoon();
    }
  }

  /** One that could not be initialised is left as it is: the invocation will try again. */
  async #goOn(entry: Entry): Promise<Entry> {
    const member = entry.member as PoolMember;
    try {
      if (member.isCheckpointed) await member.restore();
      return entry;
    } catch (error) {
      this.#host.end(entry);
      throw error;
    }
  }

  /** Ends the environment that has waited the longest, or else gives up the image that nobody has used for the longest time; false if there is neither. */
  endOldest(): boolean {
    const oldest = this.#spares.toSorted((a, b) => a.idleSinceMs - b.idleSinceMs)[0];
    if (!oldest) return this.#dropOldestImage();
    this.#host.end(oldest);
    return true;
  }

  #dropOldestImage(): boolean {
    const oldest = this.#imaged.toSorted((a, b) => a.usedAtMs - b.usedAtMs)[0];
    oldest?.dropImage();
    return oldest !== undefined;
  }

  forget(specKey: string): void {
    this.#snapshots.get(specKey)?.end();
    this.#snapshots.delete(specKey);
  }

  forgetAll(): void {
    for (const key of this.#snapshots.keys()) this.forget(key);
  }

  get #spares(): Entry[] {
    return [...this.#snapshots.values()].flatMap(({ spare }) => spare ?? []);
  }

  get #imaged(): Snapshot[] {
    return [...this.#snapshots.values()].filter(({ image }) => image);
  }

  #holdLimits(): void {
    if (this.#spares.length > maxSpares) this.endOldest();
    if (this.#imaged.length > maxImages) this.#dropOldestImage();
  }

  #of(spec: EnvironmentSpec): Snapshot {
    const known = this.#snapshots.get(spec.key);
    const snapshot = known ?? new Snapshot(this.#clock, this.#host, spec, () => this.#holdLimits());
    snapshot.usedAtMs = this.#clock.now();
    if (!known) this.#snapshots.set(spec.key, snapshot);
    return snapshot;
  }
}

const isLost = (error: unknown): boolean => error instanceof SandboxFailure && ["restore-lost", "internal"].includes(error.reason);

/** The snapshot of one function version. */
class Snapshot implements ProvisionOfEntry {
  readonly yields = true;
  /** It waits for the first who needs it. */
  spare: Entry | undefined;
  /** When it was made, or asked for. */
  usedAtMs = 0;
  #clock: Clock;
  #host: SnapshotHost;
  #spec: EnvironmentSpec;
  #onKept: () => void;
  #image: SnapshotImage | undefined;
  #making: Promise<SnapshotFailure | undefined> | undefined;
  #failureCount = 0;
  /** Monotonic. */
  #pausedUntilMs = 0;
  #refill: Timer | undefined;
  #isEnded = false;

  constructor(clock: Clock, host: SnapshotHost, spec: EnvironmentSpec, onKept: () => void) {
    this.#clock = clock;
    this.#host = host;
    this.#spec = spec;
    this.#onKept = onKept;
  }

  get image(): SnapshotImage | undefined {
    if (this.#image && !this.#image.memory.isUsable()) this.dropImage();
    return this.#image;
  }

  dropImage(): void {
    this.#image?.memory.release();
    this.#image = undefined;
  }

  /** One that was started for an invocation may have left an image on its way. */
  keepImageOf({ member }: Entry): void {
    const found = member?.image;
    if (!found || found.memory === this.image?.memory) return;
    if (this.#isEnded || this.image || !found.memory.isUsable()) return found.memory.release();
    this.#image = found;
    this.#onKept();
  }

  make(): Promise<SnapshotFailure | undefined> {
    return this.image ? Promise.resolve(undefined) : this.#fill();
  }

  /** With one that waits; of the image if there is one, which costs next to nothing. */
  #fill(): Promise<SnapshotFailure | undefined> {
    if (this.spare) return Promise.resolve(undefined);
    this.#making ??= this.#makeOne().finally(() => (this.#making = undefined));
    return this.#making;
  }

  take(): Entry | undefined {
    const { spare } = this;
    this.spare = undefined;
    if (spare) spare.provision = undefined;
    return spare;
  }

  /** In the background, and not at once after a failure. */
  refillSoon(): void {
    if (this.#isEnded || this.spare) return;
    const waitMs = Math.max(refillDelayMs, this.#pausedUntilMs - this.#clock.monotonicMs());
    this.#refill ??= this.#clock.after(waitMs, () => {
      this.#refill = undefined;
      this.#fill().catch(() => {});
    });
  }

  /** It makes room for others; the next one is made when somebody has needed it. */
  left(entry: Entry): void {
    if (this.spare === entry) this.spare = undefined;
  }

  lost(entry: Entry): void {
    this.left(entry);
    this.refillSoon();
  }

  end(): void {
    this.#isEnded = true;
    this.#refill?.cancel();
    this.dropImage();
    if (this.spare) this.#host.end(this.spare);
  }

  async #makeOne(): Promise<SnapshotFailure | undefined> {
    const failure = await this.#tryOne();
    this.#failureCount = failure ? this.#failureCount + 1 : 0;
    if (!failure) return undefined;
    const pauseMs = Math.min(firstPauseMs * 2 ** (this.#failureCount - 1), longestPauseMs);
    this.#pausedUntilMs = this.#clock.monotonicMs() + pauseMs;
    return failure;
  }

  async #tryOne(): Promise<SnapshotFailure | undefined> {
    try {
      const entry = await this.#host.startAhead(this.#spec, this, this.image);
      const member = entry.member as PoolMember;
      if (this.#isEnded || !member.isCheckpointed) this.#host.end(entry);
      if (this.#isEnded) throw new SandboxFailure("stopping", "the snapshot is wanted no more");
      if (!member.isCheckpointed) return initFailureOf(entry);
      this.keepImageOf(entry);
      this.spare = entry;
      entry.idleSinceMs = this.#clock.now();
      this.#onKept();
      return undefined;
    } catch (error) {
      if (error instanceof SandboxFailure && error.reason === "stopping") throw error;
      return { reason: error instanceof SandboxBusy ? "busy" : "internal", message: (error as Error).message };
    }
  }
}

function initFailureOf({ initFailure }: Entry): SnapshotFailure {
  const { errorType, message = "", fault } = initFailure ?? {};
  return { reason: fault ? "internal" : "init", message, ...(errorType !== undefined && { errorType }) };
}

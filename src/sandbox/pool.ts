import type { Clock, Timer } from "#kit/clock.ts";
import {
  SandboxBusy,
  SandboxFailure,
  type EnvironmentSpec,
  type InvocationOutcome,
  type InvocationRequest,
  type ProvisionState,
  type SnapshotFailure,
} from "./contract.ts";
import type { SnapshotImage } from "./environment-parts.ts";
import type { CreateMember, Entry, PoolMember, ProvisionOfEntry, Room } from "./pool-member.ts";
import { Provision } from "./provision.ts";
import { Shelves } from "./shelves.ts";
import { Snapshots } from "./snapshots.ts";
import { StartGate } from "./start-gate.ts";
import { StartRate } from "./start-rate.ts";
import { type Waiter, Waiters } from "./waiters.ts";

export interface PoolLimits {
  /** Environments of all functions together. */
  environments: number;
  /** Those that start at once. */
  starts: number;
  /** An environment that was not used for so long is ended. */
  idleMs: number;
}

/**
 * How long an invocation waits for an environment that has answered its last one. Concluding takes a fraction of a millisecond, a
 * new environment a hundred; so a client that calls again at once is not given a second one.
 */
const concludingMs = 10;
/** How often it is seen whether the memory still suffices while environments are idle, and which part of them is ended if not. */
const reliefMs = 1_000;
const relievedPart = 0.25;

/**
 * All execution environments, shelved by what they serve. The most recently used free one is taken first, so that those which
 * are not needed grow old and expire; when a limit is reached or the memory is short, the one that has been idle the longest makes room.
 */
export class EnvironmentPool {
  #clock: Clock;
  #limits: PoolLimits;
  #create: CreateMember;
  #room: Room | undefined;
  /** Free environments, made on demand. */
  #idle = new Shelves<Entry>();
  /** Free environments that were made ready before they were needed. */
  #provisioned = new Shelves<Entry>();
  #provisions = new Map<string, Provision>();
  #snapshots: Snapshots;
  #waiters = new Waiters();
  /** Invocations that may yet start an environment, by key. */
  #late = new Map<string, Set<Promise<unknown>>>();
  #gate: StartGate;
  #rate: StartRate;
  /** All, until they are gone. */
  #entries = new Set<Entry>();
  /** How many are not being ended. */
  #liveCount = 0;
  #expiry: Timer | undefined;
  #relief: Timer | undefined;
  #isDraining = false;
  #onQuiet: (() => void) | undefined;

  /** Without a room only the number of environments is limited. */
  constructor(clock: Clock, limits: PoolLimits, create: CreateMember, room?: Room) {
    this.#clock = clock;
    this.#limits = limits;
    this.#create = create;
    this.#room = room;
    this.#gate = new StartGate(clock, { starts: limits.starts, waiting: limits.environments });
    this.#rate = new StartRate(clock);
    this.#snapshots = new Snapshots(clock, {
      start: (spec, image) => this.#start(spec, spec.key, undefined, image),
      startAhead: (spec, owner, image) => this.#startAhead(spec, owner, image),
      end: (entry) => this.#end(entry),
    });
  }

  invoke(spec: EnvironmentSpec, request: InvocationRequest): Promise<InvocationOutcome> {
    if (this.#isDraining) return Promise.reject(stopping());
    const shelf = shelfOf(spec, request);
    const free = (this.#provisioned.isEmpty ? undefined : this.#takeFree(this.#provisioned, shelf)) ?? this.#takeFree(this.#idle, shelf);
    if (free) return free.invoke(request);
    if (this.#waiters.hasConcludingForOneMore(shelf)) return this.#remember(spec.key, this.#invokeNext(spec, request, shelf));
    return this.#invokeNew(spec, request, shelf);
  }

  #remember<T>(key: string, outcome: Promise<T>): Promise<T> {
    const late = this.#late.get(key) ?? new Set();
    this.#late.set(key, late.add(outcome));
    const forget = (): void => {
      late.delete(outcome);
      if (late.size === 0 && this.#late.get(key) === late) this.#late.delete(key);
    };
    outcome.then(forget, forget);
    return outcome;
  }

  /** See `Sandbox.provision`. */
  provision(spec: EnvironmentSpec, count: number): void {
    if (this.#isDraining) return;
    const provision = this.#provisions.get(spec.key) ?? this.#newProvision(spec);
    if (count > 0) this.#provisions.set(spec.key, provision);
    else this.#provisions.delete(spec.key);
    provision.want(count);
  }

  /** See `Sandbox.snapshot`. */
  snapshot(spec: EnvironmentSpec): Promise<SnapshotFailure | undefined> {
    return this.#isDraining ? Promise.reject(stopping()) : this.#remember(spec.key, this.#snapshots.make(spec));
  }

  provisioned(specKey: string): ProvisionState {
    return this.#provisions.get(specKey)?.state ?? nothingProvisioned;
  }

  /** Resolves when the last environment of that key is gone, those included that invocations still wait for. */
  async retire(specKey: string): Promise<void> {
    this.#provisions.get(specKey)?.want(0);
    this.#provisions.delete(specKey);
    this.#snapshots.forget(specKey);
    for (;;) {
      const entries = [...this.#entries].filter((entry) => entry.key === specKey);
      const late = [...(this.#late.get(specKey) ?? [])];
      if (entries.length + late.length === 0) return;
      for (const entry of entries) entry.isRetired = true;
      for (const shelf of new Set(entries.map((entry) => entry.shelf))) this.#endAll(this.#idle.takeAllOf(shelf));
      await Promise.all([allGone(entries), Promise.allSettled(late)]);
    }
  }

  /** Refuses new invocations, lets those that run finish for `graceMs`, and resolves when no environment is left. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    this.#expiry?.cancel();
    this.#relief?.cancel();
    for (const provision of this.#provisions.values()) provision.want(0);
    this.#provisions.clear();
    this.#snapshots.forgetAll();
    this.#gate.refuseAll(stopping());
    this.#endAll(this.#idle.takeAll());
    if (this.#liveCount > 0) await this.#untilQuiet(graceMs);
    // Those that are still being created have no process yet, and will never get one.
    const created = [...this.#entries].filter((entry) => entry.member);
    this.#endAll(created);
    await allGone(created);
  }

  #takeFree(shelves: Shelves<Entry>, shelf: string): PoolMember | undefined {
    for (let entry = shelves.take(shelf); entry; entry = shelves.take(shelf)) {
      entry.isIdle = false;
      const member = entry.member as PoolMember;
      if (member.replaceAtMs > this.#clock.now()) return member;
      this.#end(entry);
    }
    return undefined;
  }

  /** Waits for an environment that is about to be free; makes one after all if that takes long. */
  #invokeNext(spec: EnvironmentSpec, request: InvocationRequest, shelf: string): Promise<InvocationOutcome> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        take(member) {
          timer.cancel();
          resolve(member.invoke(request));
        },
      };
      this.#waiters.add(shelf, waiter);
      const timer = this.#clock.after(concludingMs, () => {
        this.#waiters.remove(shelf, waiter);
        resolve(this.#invokeNew(spec, request, shelf));
      });
    });
  }

  /** Starts an environment when that is its turn, or takes one that is free before. */
  #invokeNew(spec: EnvironmentSpec, request: InvocationRequest, shelf: string): Promise<InvocationOutcome> {
    if (this.#gate.isOpen) return this.#invokeStarted(spec, request, shelf);
    const outcome = new Promise<InvocationOutcome>((resolve, reject) => {
      const turn = this.#gate.queue(
        functionOf(spec),
        () => {
          this.#waiters.remove(shelf, waiter);
          resolve(this.#invokeStarted(spec, request, shelf));
        },
        (error) => {
          this.#waiters.remove(shelf, waiter);
          reject(error);
        },
      );
      const waiter: Waiter = {
        take(member) {
          turn.leave();
          resolve(member.invoke(request));
        },
      };
      this.#waiters.add(shelf, waiter);
    });
    return this.#remember(spec.key, outcome);
  }

  async #invokeStarted(spec: EnvironmentSpec, request: InvocationRequest, shelf: string): Promise<InvocationOutcome> {
    if (!this.#rate.take(functionOf(spec)))
      throw new SandboxBusy("the function has been given as many environments as it may get in so short a time");
    const entry = await this.#gate.run(() => (spec.hasSnapStart ? this.#snapshots.start(spec) : this.#start(spec, shelf, undefined)));
    return (entry.member as PoolMember).invoke(request);
  }

  #newProvision(spec: EnvironmentSpec): Provision {
    const rate = new StartRate(this.#clock);
    return new Provision({
      clock: this.#clock,
      mayGrow: () => rate.take(spec.key),
      start: (provision) => this.#startAhead(spec, provision),
      offer: (entry) => this.#release(entry),
      giveBack: (entry) => this.#endWhenFree(entry),
      end: (entry) => this.#end(entry),
    });
  }

  /** Starts one that no invocation waits for, when that is its turn. */
  #startAhead(spec: EnvironmentSpec, owner: ProvisionOfEntry, image?: SnapshotImage): Promise<Entry> {
    return new Promise((resolve, reject) => {
      const start = () => this.#gate.run(() => this.#start(spec, spec.key, owner, image));
      if (this.#gate.isOpen) resolve(start());
      else this.#gate.queue(functionOf(spec), () => resolve(start()), reject);
    });
  }

  /** Resolves with an environment whose initialisation is over, however that went. */
  async #start(spec: EnvironmentSpec, shelf: string, provision: ProvisionOfEntry | undefined, image?: SnapshotImage): Promise<Entry> {
    if (this.#isDraining) throw stopping();
    this.#makeRoom(provision?.yields);
    const entry: Entry = {
      key: spec.key,
      shelf,
      member: undefined,
      provision,
      isIdle: false,
      isRetired: false,
      isEnding: false,
      isConcluding: false,
      idleSinceMs: 0,
      gone: Promise.withResolvers<void>(),
    };
    this.#entries.add(entry);
    this.#liveCount++;
    const events = { onAnswered: () => this.#conclude(entry), onFree: () => this.#release(entry), onLost: () => this.#lose(entry) };
    try {
      const type = spec.hasSnapStart ? "snap-start" : provision ? "provisioned-concurrency" : "on-demand";
      entry.member = await this.#create(spec, events, type, image);
    } catch (error) {
      this.#leave(entry);
      this.#forget(entry);
      throw error;
    }
    if (this.#isDraining) {
      this.#end(entry);
      throw stopping();
    }
    entry.initFailure = await entry.member.initialise();
    return entry;
  }

  /** Throws `SandboxBusy` if there is none to be had; for one that yields, nobody else is ended. */
  #makeRoom(yields = false): void {
    if (this.#liveCount >= this.#limits.environments && (yields || !this.#evictOne())) {
      throw new SandboxBusy(`all ${this.#limits.environments} execution environments are busy`);
    }
    if (!this.#hasRoomFor(1) && (yields || !this.#evictOne()))
      throw new SandboxBusy("this machine has no room for another execution environment");
  }

  #hasRoomFor(moreCount: number): boolean {
    // Whoever makes room is let in itself.
    const startingCount = Math.max(this.#gate.startingCount - 1, 0);
    return this.#room?.hasRoomFor(moreCount + startingCount, this.#liveCount - startingCount) ?? true;
  }

  #conclude(entry: Entry): void {
    entry.isConcluding = true;
    this.#waiters.countConcluding(entry.shelf, 1);
  }

  #concluded(entry: Entry): void {
    if (!entry.isConcluding) return;
    entry.isConcluding = false;
    this.#waiters.countConcluding(entry.shelf, -1);
  }

  #release(entry: Entry): void {
    this.#concluded(entry);
    if (entry.isRetired || this.#isDraining) return this.#end(entry);
    const member = entry.member as PoolMember;
    if (entry.provision && !member.isInitialised) return this.#endLost(entry, entry.provision);
    const waiter = member.replaceAtMs > this.#clock.now() ? this.#waiters.next(entry.shelf) : undefined;
    if (waiter) return waiter.take(member);
    entry.idleSinceMs = this.#clock.now();
    entry.isIdle = true;
    if (entry.provision) return this.#provisioned.put(entry.shelf, entry);
    this.#idle.put(entry.shelf, entry);
    this.#expiry ??= this.#clock.after(this.#limits.idleMs, () => this.#expire());
    if (this.#room) this.#relief ??= this.#clock.after(reliefMs, () => this.#relieve());
  }

  /** It crashed while it was free. One that was made on demand initialises again when it is needed. */
  #lose(entry: Entry): void {
    const isFree = entry.provision?.yields || this.#provisioned.remove(entry.shelf, entry);
    if (entry.provision && isFree) this.#endLost(entry, entry.provision);
  }

  #endLost(entry: Entry, provision: ProvisionOfEntry): void {
    provision.lost(entry);
    this.#end(entry);
  }

  #expire(): void {
    this.#endAll(this.#idle.takeIdleSince(this.#clock.now() - this.#limits.idleMs));
    const { oldestIdleSinceMs } = this.#idle;
    const nextMs = oldestIdleSinceMs + this.#limits.idleMs - this.#clock.now();
    this.#expiry = nextMs < Number.POSITIVE_INFINITY ? this.#clock.after(nextMs, () => this.#expire()) : undefined;
  }

  /** Functions that run may grow into what the idle ones have. */
  #relieve(): void {
    if (!this.#hasRoomFor(0)) {
      const count = Math.max(1, Math.floor(this.#idle.count * relievedPart));
      for (let ended = 0; ended < count; ended++) this.#evictOne();
    }
    this.#relief = this.#idle.count > 0 ? this.#clock.after(reliefMs, () => this.#relieve()) : undefined;
  }

  /** Ends the environment that has been idle the longest, if one is idle; those first that wait at a snapshot, which was made ahead of need. */
  #evictOne(): boolean {
    if (this.#snapshots.endOldest()) return true;
    const entry = this.#idle.takeOldest();
    if (entry) this.#end(entry);
    return entry !== undefined;
  }

  #endAll(entries: readonly Entry[]): void {
    for (const entry of entries) this.#end(entry);
  }

  #endWhenFree(entry: Entry): void {
    entry.isRetired = true;
    if (this.#provisioned.remove(entry.shelf, entry)) this.#end(entry);
  }

  #end(entry: Entry): void {
    if (entry.isEnding) return;
    this.#leave(entry);
    void (entry.member as PoolMember).stop().finally(() => this.#forget(entry));
  }

  /** It counts no more: another may come in its place. */
  #leave(entry: Entry): void {
    this.#concluded(entry);
    entry.isEnding = true;
    this.#liveCount--;
    entry.provision?.left(entry);
    if (this.#liveCount === 0) this.#onQuiet?.();
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry);
    entry.gone.resolve();
  }

  #untilQuiet(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(graceMs, resolve);
      this.#onQuiet = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

const nothingProvisioned: ProvisionState = Object.freeze({ allocated: 0, available: 0 });

/** Tenants never share an environment: https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html */
function shelfOf({ key }: EnvironmentSpec, { tenantId }: InvocationRequest): string {
  return tenantId === undefined ? key : `${key} ${tenantId}`;
}

/** What shares a rate, and a turn. */
const functionOf = ({ accountId, region, functionName }: EnvironmentSpec): string => `${accountId} ${region} ${functionName}`;

async function allGone(entries: readonly Entry[]): Promise<void> {
  await Promise.all(entries.map((entry) => entry.gone.promise));
}

function stopping(): SandboxFailure {
  return new SandboxFailure("stopping", "the sandbox is stopping");
}

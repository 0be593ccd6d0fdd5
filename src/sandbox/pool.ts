import type { Clock, Timer } from "#kit/clock.ts";
import { SandboxBusy, SandboxFailure, type EnvironmentSpec, type InvocationOutcome, type InvocationRequest } from "./contract.ts";
import { StartGate } from "./start-gate.ts";

/** What the pool needs of an execution environment. */
export interface PoolMember {
  /** Epoch milliseconds from which on another one shall serve. */
  readonly replaceAtMs: number;
  initialise(): Promise<void>;
  invoke(request: InvocationRequest): Promise<InvocationOutcome>;
  stop(): Promise<void>;
}

export interface PoolLimits {
  /** Environments of all functions together. */
  environments: number;
  /** Those that start at once. */
  starts: number;
  /** An environment that was not used for so long is ended. */
  idleMs: number;
}

/** What an environment tells the pool of each invocation. */
export interface MemberEvents {
  /** The caller has its answer; the environment will be free as soon as the last log lines are gone. */
  onAnswered(): void;
  onFree(): void;
}

/** Makes an environment. Rejects only with `SandboxFailure`. */
export type CreateMember = (spec: EnvironmentSpec, events: MemberEvents) => Promise<PoolMember>;

/**
 * How long an invocation waits for an environment that has answered its last one. Concluding takes a fraction of a millisecond, a
 * new environment a hundred; so a client that calls again at once is not given a second one.
 */
const concludingMs = 10;

/** An invocation that waits for the next free environment of its shelf. */
interface Waiter {
  take(member: PoolMember): void;
}

interface Entry {
  /** Of the spec. */
  key: string;
  /** Where it waits when it is free: a shelf per spec and, with tenants, per tenant. */
  shelf: string;
  /** Absent while it is being created. */
  member: PoolMember | undefined;
  /** Ended as soon as it is free. */
  isRetired: boolean;
  isEnding: boolean;
  /** Between answer and free. */
  isConcluding: boolean;
  idleSinceMs: number;
  gone: PromiseWithResolvers<void>;
}

/**
 * All execution environments, shelved by what they serve. The most recently used free one is taken first, so that those which
 * are not needed grow old and expire; when the limit is reached, the one that has been idle the longest makes room.
 */
export class EnvironmentPool {
  #clock: Clock;
  #limits: PoolLimits;
  #create: CreateMember;
  /** Free environments, the most recently used last. */
  #shelves = new Map<string, Entry[]>();
  /** How many environments of a shelf are about to be free, and who waits for them. */
  #concludingCounts = new Map<string, number>();
  #waiting = new Map<string, Waiter[]>();
  #gate: StartGate;
  /** All, until they are gone. */
  #entries = new Set<Entry>();
  /** How many are not being ended. */
  #liveCount = 0;
  #expiry: Timer | undefined;
  #isDraining = false;
  #onQuiet: (() => void) | undefined;

  constructor(clock: Clock, limits: PoolLimits, create: CreateMember) {
    this.#clock = clock;
    this.#limits = limits;
    this.#create = create;
    this.#gate = new StartGate(clock, { starts: limits.starts, waiting: limits.environments });
  }

  invoke(spec: EnvironmentSpec, request: InvocationRequest): Promise<InvocationOutcome> {
    if (this.#isDraining) return Promise.reject(stopping());
    const shelf = shelfOf(spec, request);
    const free = this.#takeFree(shelf);
    if (free) return free.invoke(request);
    const waiters = this.#waiting.get(shelf)?.length ?? 0;
    return (this.#concludingCounts.get(shelf) ?? 0) > waiters ? this.#invokeNext(spec, request, shelf) : this.#invokeNew(spec, request);
  }

  /** Resolves when the last environment of that key is gone. */
  async retire(specKey: string): Promise<void> {
    const entries = [...this.#entries].filter((entry) => entry.key === specKey);
    for (const entry of entries) entry.isRetired = true;
    for (const shelf of new Set(entries.map((entry) => entry.shelf))) {
      this.#endAll(this.#shelves.get(shelf) ?? []);
      this.#shelves.delete(shelf);
    }
    await allGone(entries);
  }

  /** Refuses new invocations, lets those that run finish for `graceMs`, and resolves when no environment is left. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    this.#expiry?.cancel();
    this.#gate.refuseAll(stopping());
    for (const shelf of this.#shelves.values()) this.#endAll(shelf);
    this.#shelves.clear();
    if (this.#liveCount > 0) await this.#untilQuiet(graceMs);
    // Those that are still being created have no process yet, and will never get one.
    const created = [...this.#entries].filter((entry) => entry.member);
    this.#endAll(created);
    await allGone(created);
  }

  #takeFree(name: string): PoolMember | undefined {
    const shelf = this.#shelves.get(name);
    for (let entry = shelf?.pop(); entry; entry = shelf?.pop()) {
      if ((entry.member as PoolMember).replaceAtMs > this.#clock.now()) return entry.member;
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
      this.#wait(shelf, waiter);
      const timer = this.#clock.after(concludingMs, () => {
        this.#waitNoMore(shelf, waiter);
        resolve(this.#invokeNew(spec, request));
      });
    });
  }

  #wait(shelf: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(shelf);
    if (waiters) waiters.push(waiter);
    else this.#waiting.set(shelf, [waiter]);
  }

  #waitNoMore(shelf: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(shelf) ?? [];
    const at = waiters.indexOf(waiter);
    if (at !== -1) waiters.splice(at, 1);
    if (waiters.length === 0) this.#waiting.delete(shelf);
  }

  /** Starts an environment when that is its turn, or takes one that is free before. */
  #invokeNew(spec: EnvironmentSpec, request: InvocationRequest): Promise<InvocationOutcome> {
    if (this.#gate.isOpen) return this.#invokeStarted(spec, request);
    const shelf = shelfOf(spec, request);
    return new Promise((resolve, reject) => {
      const turn = this.#gate.queue(
        () => {
          this.#waitNoMore(shelf, waiter);
          resolve(this.#invokeStarted(spec, request));
        },
        (error) => {
          this.#waitNoMore(shelf, waiter);
          reject(error);
        },
      );
      const waiter: Waiter = {
        take(member) {
          turn.leave();
          resolve(member.invoke(request));
        },
      };
      this.#wait(shelf, waiter);
    });
  }

  async #invokeStarted(spec: EnvironmentSpec, request: InvocationRequest): Promise<InvocationOutcome> {
    const member = await this.#gate.run(() => this.#start(spec, request));
    return member.invoke(request);
  }

  /** Resolves with an environment that is initialised, however that went. */
  async #start(spec: EnvironmentSpec, request: InvocationRequest): Promise<PoolMember> {
    if (this.#liveCount >= this.#limits.environments && !this.#evictOne()) {
      throw new SandboxBusy(`all ${this.#limits.environments} execution environments are busy`);
    }
    const gone = Promise.withResolvers<void>();
    const entry: Entry = {
      key: spec.key,
      shelf: shelfOf(spec, request),
      member: undefined,
      isRetired: false,
      isEnding: false,
      isConcluding: false,
      idleSinceMs: 0,
      gone,
    };
    this.#entries.add(entry);
    this.#liveCount++;
    try {
      entry.member = await this.#create(spec, { onAnswered: () => this.#conclude(entry), onFree: () => this.#release(entry) });
    } catch (error) {
      this.#leave(entry);
      this.#forget(entry);
      throw error;
    }
    if (this.#isDraining) {
      this.#end(entry);
      throw stopping();
    }
    await entry.member.initialise();
    return entry.member;
  }

  #conclude(entry: Entry): void {
    entry.isConcluding = true;
    this.#concludingCounts.set(entry.shelf, (this.#concludingCounts.get(entry.shelf) ?? 0) + 1);
  }

  #concluded(entry: Entry): void {
    if (!entry.isConcluding) return;
    entry.isConcluding = false;
    const count = (this.#concludingCounts.get(entry.shelf) ?? 0) - 1;
    if (count > 0) this.#concludingCounts.set(entry.shelf, count);
    else this.#concludingCounts.delete(entry.shelf);
  }

  #release(entry: Entry): void {
    this.#concluded(entry);
    if (entry.isRetired || this.#isDraining) return this.#end(entry);
    const member = entry.member as PoolMember;
    const waiters = this.#waiting.get(entry.shelf);
    if (waiters?.length && member.replaceAtMs > this.#clock.now()) {
      const waiter = waiters.shift() as Waiter;
      if (waiters.length === 0) this.#waiting.delete(entry.shelf);
      waiter.take(member);
      return;
    }
    entry.idleSinceMs = this.#clock.now();
    const shelf = this.#shelves.get(entry.shelf);
    if (shelf) shelf.push(entry);
    else this.#shelves.set(entry.shelf, [entry]);
    this.#expiry ??= this.#clock.after(this.#limits.idleMs, () => this.#expire());
  }

  #expire(): void {
    this.#expiry = undefined;
    const newestMs = this.#clock.now() - this.#limits.idleMs;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [name, shelf] of this.#shelves) {
      const firstYoung = shelf.findIndex((entry) => entry.idleSinceMs > newestMs);
      this.#endAll(shelf.splice(0, firstYoung === -1 ? shelf.length : firstYoung));
      if (shelf[0]) nextMs = Math.min(nextMs, shelf[0].idleSinceMs - newestMs);
      else this.#shelves.delete(name);
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#expiry = this.#clock.after(nextMs, () => this.#expire());
  }

  /** Ends the environment that has been idle the longest, if one is idle. */
  #evictOne(): boolean {
    let oldest: Entry[] | undefined;
    for (const shelf of this.#shelves.values()) {
      if (shelf[0] && shelf[0].idleSinceMs < (oldest?.[0]?.idleSinceMs ?? Number.POSITIVE_INFINITY)) oldest = shelf;
    }
    const entry = oldest?.shift();
    if (entry) this.#end(entry);
    return entry !== undefined;
  }

  #endAll(entries: readonly Entry[]): void {
    for (const entry of entries) this.#end(entry);
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

/** Tenants never share an environment: https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html */
function shelfOf({ key }: EnvironmentSpec, { tenantId }: InvocationRequest): string {
  return tenantId === undefined ? key : `${key} ${tenantId}`;
}

async function allGone(entries: readonly Entry[]): Promise<void> {
  await Promise.all(entries.map((entry) => entry.gone.promise));
}

function stopping(): SandboxFailure {
  return new SandboxFailure("stopping", "the sandbox is stopping");
}

import type { Clock, Timer } from "#kit/clock.ts";
import { type ProvisionFailure, type ProvisionState, SandboxBusy } from "./contract.ts";
import type { Entry, PoolMember, ProvisionOfEntry } from "./pool-member.ts";

/** How many are started at once: others want to start environments too. */
const parallelStarts = 4;
/** How soon to look again when the function's rate is used up. */
const ratePauseMs = 10;
/** After a failure or a crash: at once, and then from one second on, doubling. */
const [firstPauseMs, longestPauseMs] = [1_000, 300_000];
const renewalCheckMs = 60_000;
/** Environments that are about to be too old are replaced so long before. */
const renewalLeadMs = 150_000;
/** And this part of them at a time, so that not all are there twice. */
const renewedPart = 0.1;

/** What a provision needs of the pool. */
export interface ProvisionHost {
  clock: Clock;
  /** Whether the function may get one more environment now. */
  mayGrow(): boolean;
  /** Starts one that belongs to this provision. Resolves when its initialisation is over, however it went. */
  start(provision: ProvisionOfEntry): Promise<Entry>;
  /** From now on it serves. */
  offer(entry: Entry): void;
  /** Ends one that serves, as soon as it is free. */
  giveBack(entry: Entry): void;
  /** Ends one that has never served. */
  end(entry: Entry): void;
}

/** Keeps a number of environments of one spec initialised: starts them, replaces those that crash or grow old, gives back what is too many. */
export class Provision implements ProvisionOfEntry {
  #host: ProvisionHost;
  #wanted = 0;
  #startingCount = 0;
  #ready = new Set<Entry>();
  /** They serve until their successors are ready. */
  #outgoing = new Set<Entry>();
  #failure: ProvisionFailure | undefined;
  #troubleCount = 0;
  #troubledAtMs = Number.NEGATIVE_INFINITY;
  #pause: Timer | undefined;
  #renewal: Timer | undefined;

  constructor(host: ProvisionHost) {
    this.#host = host;
  }

  get state(): ProvisionState {
    const available = this.#ready.size;
    return { allocated: available + this.#startingCount, available, ...(this.#failure && { failure: this.#failure }) };
  }

  /** With 0 all are given back. What failed before is tried again at once. */
  want(count: number): void {
    this.#wanted = count;
    this.#failure = undefined;
    this.#troubleCount = 0;
    this.#endPause();
    for (const entry of [...this.#outgoing, ...this.#surplus()]) this.#giveBack(entry);
    this.#renewal?.cancel();
    this.#renewal = count > 0 ? this.#host.clock.after(renewalCheckMs, () => this.#renew()) : undefined;
    this.#fill();
  }

  left(entry: Entry): void {
    this.#outgoing.delete(entry);
    this.#ready.delete(entry);
    this.#fill();
  }

  /** It is replaced when it has left its place. */
  lost(entry: Entry): void {
    if (this.#ready.delete(entry)) this.#suffer();
  }

  /** Busy ones last. */
  #surplus(): Entry[] {
    const count = Math.max(this.#ready.size - this.#wanted, 0);
    return [...this.#ready].toSorted((a, b) => Number(b.isIdle) - Number(a.isIdle)).slice(0, count);
  }

  #fill(): void {
    while (!this.#pause && this.#startingCount < parallelStarts && this.#ready.size + this.#startingCount < this.#wanted) {
      if (this.#host.mayGrow()) void this.#startOne();
      else this.#rest(ratePauseMs);
    }
  }

  async #startOne(): Promise<void> {
    this.#startingCount++;
    try {
      const entry = await this.#host.start(this);
      if (!(entry.member as PoolMember).isInitialised) {
        this.#fail({ reason: "init", message: "the function's initialisation failed" });
        this.#host.end(entry);
      } else if (this.#ready.size < this.#wanted) this.#welcome(entry);
      else this.#host.end(entry);
    } catch (error) {
      this.#fail({ reason: error instanceof SandboxBusy ? "busy" : "internal", message: (error as Error).message });
    }
    this.#startingCount--;
    this.#fill();
  }

  #welcome(entry: Entry): void {
    this.#ready.add(entry);
    this.#host.offer(entry);
    if (this.#ready.size < this.#wanted) return;
    this.#failure = undefined;
    for (const old of this.#outgoing) this.#giveBack(old);
  }

  #giveBack(entry: Entry): void {
    this.#ready.delete(entry);
    this.#outgoing.delete(entry);
    this.#host.giveBack(entry);
  }

  #fail(failure: ProvisionFailure): void {
    if (this.#wanted === 0) return;
    this.#failure = failure;
    this.#suffer();
  }

  /** The first trouble in a long time is no reason to wait. */
  #suffer(): void {
    const nowMs = this.#host.clock.monotonicMs();
    if (nowMs - this.#troubledAtMs > 2 * longestPauseMs) this.#troubleCount = 0;
    this.#troubledAtMs = nowMs;
    this.#troubleCount++;
    if (this.#troubleCount > 1) this.#rest(Math.min(firstPauseMs * 2 ** (this.#troubleCount - 2), longestPauseMs));
  }

  #rest(ms: number): void {
    this.#endPause();
    this.#pause = this.#host.clock.after(ms, () => {
      this.#pause = undefined;
      this.#fill();
    });
  }

  #endPause(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
  }

  #renew(): void {
    const dueMs = this.#host.clock.now() + renewalLeadMs;
    const due = [...this.#ready].filter(({ member }) => (member as PoolMember).replaceAtMs <= dueMs);
    for (const entry of due.slice(0, Math.max(1, Math.floor(this.#wanted * renewedPart)))) {
      this.#ready.delete(entry);
      this.#outgoing.add(entry);
    }
    this.#renewal = this.#host.clock.after(renewalCheckMs, () => this.#renew());
    this.#fill();
  }
}

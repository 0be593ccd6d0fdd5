import type { EnvironmentSpec } from "./contract.ts";
import type { MemoryImage } from "./drivers/driver.ts";
import type { PreparedCode, StandbySource, Workshop } from "./prepare-environment.ts";
import type { ForkTrials } from "./fork-trials.ts";
import { Standby, type StandbyKind } from "./standby.ts";
import { canBeServedByStandby } from "./standby-fitness.ts";
import { StandbyStock } from "./standby-stock.ts";

/** Each is an interpreter that waits: some 10 MiB of its own, and no time of the processor. */
const maxStandbys = 16;
const idleMs = 5 * 60 * 1000;
const refillDelayMs = 20;

export interface StandbySettings {
  /** How many of one runtime at most. */
  perKind: number;
  /** Which kinds may be forked; without it, none. */
  trials?: ForkTrials | undefined;
}

/**
 * Processes that were started ahead of need, for the functions that they fit; or, when none is left, one that is forked at once from a process that has
 * the runtime loaded. See docs/decisions/0012-cold-starts.md and 0013-fork-servers.md.
 */
export class Standbys implements StandbySource {
  #workshop: Workshop;
  #trials: ForkTrials | undefined;
  #stock: StandbyStock<Standby>;
  /** The package of a spec never changes. */
  #fitness = new WeakMap<EnvironmentSpec, Promise<boolean>>();

  constructor(workshop: Workshop, { perKind, trials }: StandbySettings) {
    this.#workshop = workshop;
    this.#trials = trials;
    const limits = { perKind, total: maxStandbys, idleMs, refillDelayMs };
    this.#stock = new StandbyStock(workshop.clock, workshop.log, limits, (kind, onGone) =>
      Standby.boot(workshop, kind, { isAheadOfNeed: true, mayFork: trials?.hasPassed(kind) ?? false, onGone }),
    );
  }

  /** The function will run soon. */
  async expect(spec: EnvironmentSpec, code: PreparedCode): Promise<void> {
    if (!(await this.#fits(spec, code))) return;
    this.#stock.expect(kindOf(spec));
    this.#trials?.hasPassed(kindOf(spec));
  }

  async take(spec: EnvironmentSpec, code: PreparedCode): Promise<Standby | undefined> {
    if (!(await this.#fits(spec, code))) return undefined;
    const kind = kindOf(spec);
    // Only a fork can be captured.
    const isCaptured = spec.hasSnapStart === true && (await this.#trials?.canCapture(kind)) === true;
    const captured = isCaptured ? await this.#fork(kind, { capturesImage: true }) : undefined;
    return captured ?? this.#stock.take(kind) ?? this.#fork(kind);
  }

  /** One that is made of an image, and waits where the captured process was. Rejects if it cannot be made. */
  restore(spec: EnvironmentSpec, image: MemoryImage): Promise<Standby> {
    return Standby.boot(this.#workshop, kindOf(spec), { isAheadOfNeed: false, mayFork: true, restores: image });
  }

  async #fork(kind: StandbyKind, manner: { capturesImage?: true } = {}): Promise<Standby | undefined> {
    if (!this.#trials?.hasPassed(kind)) return undefined;
    return Standby.boot(this.#workshop, kind, { isAheadOfNeed: false, mayFork: true, ...manner }).catch((error: unknown) => {
      this.#workshop.log.warn("a runtime could not be forked", { runtime: kind.runtime, error });
      this.#trials?.rest(kind);
      return undefined;
    });
  }

  close(): Promise<void> {
    return this.#stock.close();
  }

  #fits(spec: EnvironmentSpec, code: PreparedCode): Promise<boolean> {
    const known = this.#fitness.get(spec);
    const fits = known ?? canBeServedByStandby(spec, code);
    if (!known) this.#fitness.set(spec, fits);
    return fits;
  }
}

const kindOf = ({ runtime, architecture, endpointUrl }: EnvironmentSpec): StandbyKind => ({ runtime, architecture, endpointUrl });

import type { EnvironmentSpec } from "./contract.ts";
import type { PreparedCode, StandbySource, Workshop } from "./prepare-environment.ts";
import { Standby, type StandbyKind } from "./standby.ts";
import { canBeServedByStandby } from "./standby-fitness.ts";
import { StandbyStock } from "./standby-stock.ts";

/** Each is an interpreter that waits: some 10 MiB of its own, and no time of the processor. */
const maxStandbys = 16;
const idleMs = 5 * 60 * 1000;
const refillDelayMs = 20;

/** Processes that were started ahead of need, for the functions that they fit. See docs/decisions/0008-started-ahead-of-need.md. */
export class Standbys implements StandbySource {
  #stock: StandbyStock<Standby>;
  /** The package of a spec never changes. */
  #fitness = new WeakMap<EnvironmentSpec, Promise<boolean>>();

  /** `perKind`: how many of one runtime at most. */
  constructor(workshop: Workshop, perKind: number) {
    const limits = { perKind, total: maxStandbys, idleMs, refillDelayMs };
    this.#stock = new StandbyStock(workshop.clock, workshop.log, limits, (kind, onGone) => Standby.boot(workshop, kind, onGone));
  }

  /** The function will run soon. */
  async expect(spec: EnvironmentSpec, code: PreparedCode): Promise<void> {
    if (await this.#fits(spec, code)) this.#stock.expect(kindOf(spec));
  }

  async take(spec: EnvironmentSpec, code: PreparedCode): Promise<Standby | undefined> {
    return (await this.#fits(spec, code)) ? this.#stock.take(kindOf(spec)) : undefined;
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

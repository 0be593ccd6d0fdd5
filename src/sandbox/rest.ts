import type { Clock } from "#kit/clock.ts";
import { Deadline } from "#kit/deadline.ts";
import type { Freezer } from "./drivers/driver.ts";

/** Who is asked again so soon is spared being frozen and thawed; AWS does not freeze at once either. */
const delayMs = 10;

/** Freezes the processes of a function a moment after their last invocation, and thaws them before the next. */
export class Rest {
  #freezer: () => Freezer | undefined;
  #deadline: Deadline;
  #isFrozen = false;

  constructor(clock: Clock, freezer: () => Freezer | undefined) {
    this.#freezer = freezer;
    this.#deadline = new Deadline(clock, () => {
      this.#isFrozen = true;
      this.#freezer()?.freeze();
    });
  }

  begin(): void {
    this.#deadline.set(delayMs);
  }

  /** Nothing is frozen when it returns. */
  end(): void {
    this.#deadline.callOff();
    this.#thaw();
  }

  /** Ends it for good. */
  stop(): void {
    this.#deadline.stop();
    this.#thaw();
  }

  #thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    this.#freezer()?.thaw();
  }
}

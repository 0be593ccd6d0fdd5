import type { Clock, Timer } from "#kit/clock.ts";

/** A burst uses them up and goes on without. */
const mostKept = 8;
/** One is made when nobody has taken any for so long, so that none is made beside the starts that they are for. */
const quietMs = 50;

/** Networks that were made ahead of need: what the kernel does for one takes as long as a tenth of a start. All are alike, and each is given away once. */
export class NetworkStock<Network extends { close(): void }> {
  #clock: Clock;
  #make: () => Network;
  #kept: Network[] = [];
  #next: Timer | undefined;
  #isClosed = false;

  /** Makes none until it is asked to fill itself, or for the first one. */
  constructor(clock: Clock, make: () => Network) {
    this.#clock = clock;
    this.#make = make;
  }

  /** It is the caller's from now on. Throws if there is none and none can be made. */
  take(): Network {
    const network = this.#kept.pop() ?? this.#make();
    this.fill();
    return network;
  }

  /** In quiet moments, one after the other. */
  fill(): void {
    this.#next?.cancel();
    const isWanted = !this.#isClosed && this.#kept.length < mostKept;
    this.#next = isWanted ? this.#clock.after(quietMs, () => this.#keepOne()) : undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#next?.cancel();
    for (const network of this.#kept.splice(0)) network.close();
  }

  #keepOne(): void {
    try {
      this.#kept.push(this.#make());
      this.fill();
    } catch {
      // Whoever takes the next one tries it, and hears why it cannot be had.
    }
  }
}

/**
 * Which invocations of functions with active tracing are followed, where no caller has decided: the first of each second, and five percent of the
 * others. The rate cannot be configured. https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
 */
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";

const fixedRate = 0.05;
/** Functions whose last second is remembered; forgetting one means that one more is sampled. */
const maximumFunctions = 10_000;

export class Sampling {
  readonly #clock: Clock;
  readonly #ids: Ids;
  /** By function: the last second in which its first invocation was sampled. */
  readonly #seconds = new Map<string, number>();

  constructor(clock: Clock, ids: Ids) {
    this.#clock = clock;
    this.#ids = ids;
  }

  decide(functionArn: string): boolean {
    const second = Math.floor(this.#clock.now() / 1_000);
    if (this.#seconds.get(functionArn) === second) return this.#ids.fraction() < fixedRate;
    if (this.#seconds.size >= maximumFunctions) this.#seconds.clear();
    this.#seconds.set(functionArn, second);
    return true;
  }
}

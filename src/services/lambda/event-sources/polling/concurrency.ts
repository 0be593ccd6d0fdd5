/**
 * How many batches of one queue are in the function's hands at a time. Pure; who calls brings the time.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
import type { Options } from "../rules.ts";

/** The same page: five to begin with, 300 more a minute, 1,250 at most. */
const firstPollers = 5;
const growthPerSecond = 5;
const maximumPollers = 1_250;
/** The same page: what one provisioned poller handles at a time. */
const batchesPerProvisionedPoller = 10;

/**
 * DIVERGES: AWS adds pollers as long as there is a backlog. A function that is done in less than this keeps up with those it has; on a
 * machine of few cores more environments would only make it slower.
 */
const slowBatchMs = 50;

export class Concurrency {
  readonly #first: number;
  readonly #maximum: number;
  #limit: number;
  /** The second in which `#grownBy` was counted. */
  #second = 0;
  #grownBy = 0;

  constructor({ ScalingConfig, ProvisionedPollerConfig }: Pick<Options, "ScalingConfig" | "ProvisionedPollerConfig">) {
    const { MinimumPollers, MaximumPollers } = ProvisionedPollerConfig ?? {};
    this.#maximum =
      ScalingConfig?.MaximumConcurrency ?? (MaximumPollers === undefined ? maximumPollers : MaximumPollers * batchesPerProvisionedPoller);
    this.#first = Math.min(MinimumPollers === undefined ? firstPollers : MinimumPollers * batchesPerProvisionedPoller, this.#maximum);
    this.#limit = this.#first;
  }

  get limit(): number {
    return this.#limit;
  }

  /** A batch was processed. `isBacklogged`: it was a full one, and all places were taken. */
  succeeded(tookMs: number, isBacklogged: boolean, nowMs: number): void {
    if (this.#limit < this.#first) this.#limit++;
    else if (isBacklogged && tookMs >= slowBatchMs && this.#limit < this.#maximum && this.#mayGrow(nowMs)) this.#limit++;
  }

  /** The function failed, or was throttled. */
  failed(): void {
    this.#limit = Math.max(1, this.#limit >> 1);
  }

  #mayGrow(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#grownBy = 0;
    }
    return ++this.#grownBy <= growthPerSecond;
  }
}

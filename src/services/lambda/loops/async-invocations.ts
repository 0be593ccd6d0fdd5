/**
 * Runs what Invoke accepted with type Event. Every event stays on disk until it is done: a crash at any point means that it runs
 * again, never that it is lost. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
import type { Timer } from "#kit/clock.ts";
import { AwsError } from "#wire/errors.ts";
import type { Loop } from "#wire/service.ts";
import type { AsyncEvent } from "../event-store.ts";
import { invokeFunction } from "../invoke.ts";
import { asyncBackOffMs, asyncRetryDelaysMs } from "../limits.ts";
import { retryLimits } from "../satellites/event-invoke.ts";
import type { LambdaState } from "../state.ts";

/** Events that run at one time; the rest waits on disk. A backlog shall not start more environments than a small machine can bear. */
const maximumRunning = 50;

export function asyncInvocations(state: LambdaState): Loop {
  return { start: () => new AsyncInvocations(state) };
}

class AsyncInvocations implements AsyncDisposable {
  readonly #state: LambdaState;
  /** By event id; the value settles when the event is done or postponed. */
  readonly #running = new Map<string, Promise<void>>();
  /** Back-off of events that meet throttles or faults, in milliseconds. */
  readonly #backOffMs = new Map<string, number>();
  #timer: Timer | undefined;
  #isLooking = false;
  #shallLookAgain = false;
  #isStopped = false;

  constructor(state: LambdaState) {
    this.#state = state;
    state.eventBell.listen(() => this.#look());
    this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await Promise.all(this.#running.values());
  }

  #look(): void {
    if (this.#isLooking) {
      this.#shallLookAgain = true;
      return;
    }
    this.#isLooking = true;
    this.#startDue()
      .catch((error: unknown) => this.#state.log.error("asynchronous events could not be read", { error }))
      .finally(() => {
        this.#isLooking = false;
        if (this.#shallLookAgain && !this.#isStopped) {
          this.#shallLookAgain = false;
          this.#look();
        }
      });
  }

  async #startDue(): Promise<void> {
    const { events, clock } = this.#state;
    if (this.#isStopped || this.#running.size >= maximumRunning) return;
    const nowMs = clock.now();
    // Those that run are still on disk, so as many more are asked for.
    for (const id of await events.due(nowMs, maximumRunning + this.#running.size)) {
      if (this.#isStopped || this.#running.size >= maximumRunning) return;
      if (!this.#running.has(id)) this.#start(id);
    }
    const nextDueMs = await events.nextDueMs(nowMs);
    this.#timer?.cancel();
    if (nextDueMs !== undefined && !this.#isStopped) this.#timer = clock.after(nextDueMs - clock.now(), () => this.#look());
  }

  #start(id: string): void {
    const done = this.#run(id)
      .catch((error: unknown) => this.#state.log.error("an asynchronous event could not be settled", { id, error }))
      .finally(() => {
        this.#running.delete(id);
        this.#look();
      });
    this.#running.set(id, done);
  }

  async #run(id: string): Promise<void> {
    const { events, clock, admission } = this.#state;
    const event = await events.find(id);
    if (event === undefined) return;
    const { retries, ageMs } = await retryLimits(this.#state, event.target);
    // A function that is switched off is not waited for.
    if (clock.now() - event.acceptedMs > ageMs || (await admission.reservedFor(event.target)) === 0) return this.#finish(event);
    try {
      const { outcome } = await invokeFunction(this.#state, {
        target: event.target,
        payload: event.payload,
        requestId: event.id,
        ...event.context,
      });
      if (outcome.functionError === undefined) return await this.#finish(event);
      const delayMs = asyncRetryDelaysMs[event.attempt];
      if (delayMs === undefined || event.attempt >= retries) return await this.#finish(event);
      await events.postpone(event.id, event.attempt + 1, clock.now() + delayMs);
    } catch (error) {
      if (error instanceof AwsError && error.code === "ResourceNotFoundException") return this.#finish(event);
      const backOffMs = Math.min((this.#backOffMs.get(event.id) ?? asyncBackOffMs.first / 2) * 2, asyncBackOffMs.last);
      this.#backOffMs.set(event.id, backOffMs);
      await events.postpone(event.id, event.attempt, clock.now() + backOffMs);
    }
  }

  async #finish(event: AsyncEvent): Promise<void> {
    this.#backOffMs.delete(event.id);
    await this.#state.events.remove(event.id);
  }
}

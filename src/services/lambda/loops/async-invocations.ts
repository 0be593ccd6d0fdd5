/**
 * Runs what Invoke accepted with type Event. Every event stays on disk until it is done: a crash at any point means that it runs
 * again, never that it is lost. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
import { sleep, type Timer } from "#kit/clock.ts";
import type { Loop } from "#wire/service.ts";
import { attempt } from "../async/attempt.ts";
import { deliver } from "../async/deliveries.ts";
import type { AsyncEvent, Delivery } from "../async/event.ts";
import { Lane } from "../async/lane.ts";
import { functionArn } from "../function-name.ts";
import { asyncBackOffMs, deliveryRetryDelaysMs } from "../limits.ts";
import type { LambdaState } from "../state.ts";

/**
 * Events that run at one time; the rest waits on disk. A backlog shall not start more environments than a small machine can bear. A
 * function with nothing running may start one beyond that, so that slow ones hold up no other.
 */
const maximumRunning = 50;

/** Of events that were just accepted, so that they need not be read again. */
const maximumFreshBytes = 32 * 1024 * 1024;

/** How soon the disk is asked again after it has failed. */
const diskRetryMs = 1_000;

export function asyncInvocations(state: LambdaState): Loop {
  return { start: () => new AsyncInvocations(state) };
}

class AsyncInvocations implements AsyncDisposable {
  readonly #state: LambdaState;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that may have something to start, in the order of their turns. */
  readonly #ready = new Set<Lane>();
  /** Events that run. */
  #runningCount = 0;
  /** Whatever is under way, to be waited for at the end. */
  readonly #work = new Set<Promise<void>>();
  readonly #fresh = new Map<number, AsyncEvent>();
  #freshBytes = 0;
  /** Fires when the next event on disk falls due that no lane knows of. */
  #timer: { dueMs: number; timer: Timer } | undefined;
  readonly #stop = new AbortController();

  constructor(state: LambdaState) {
    this.#state = state;
    state.eventBell.listen((event) => this.#offer(event));
    this.#expect(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("asynchronous invocations are stopping"));
    this.#timer?.timer.cancel();
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #offer(event: AsyncEvent): void {
    if (this.#isStopped) return;
    const lane = this.#laneOf(functionArn(event.target));
    if (lane.offer(event) && this.#freshBytes + event.payload.length <= maximumFreshBytes) {
      this.#fresh.set(event.sequence, event);
      this.#freshBytes += event.payload.length;
    }
    this.#ready.add(lane);
    this.#pump();
  }

  #laneOf(arn: string): Lane {
    let lane = this.#lanes.get(arn);
    // One at first: that one finds out how many the function may run.
    if (lane === undefined) this.#lanes.set(arn, (lane = new Lane(arn, 1)));
    return lane;
  }

  /** Makes sure that the disk is looked at when an event falls due there. */
  #expect(dueMs: number): void {
    if (this.#isStopped || (this.#timer !== undefined && this.#timer.dueMs <= dueMs)) return;
    this.#timer?.timer.cancel();
    this.#timer = { dueMs, timer: this.#state.clock.after(dueMs - this.#state.clock.now(), () => this.#track(this.#look(dueMs))) };
  }

  /** Tells the lanes of events that have fallen due since `fromMs`. */
  async #look(fromMs: number): Promise<void> {
    const { events, clock, log } = this.#state;
    this.#timer = undefined;
    try {
      const nowMs = clock.now();
      for (const arn of await events.functionsDue(fromMs, nowMs)) {
        const lane = this.#laneOf(arn);
        lane.hasMore = true;
        this.#ready.add(lane);
      }
      const nextDueMs = await events.nextDueMs(nowMs);
      if (nextDueMs !== undefined) this.#expect(nextDueMs);
    } catch (error) {
      log.error("asynchronous events could not be read", { error });
      if (!this.#isStopped) this.#timer = { dueMs: fromMs, timer: clock.after(diskRetryMs, () => this.#track(this.#look(fromMs))) };
    }
    this.#pump();
  }

  /** Starts what may start: lanes take turns. */
  #pump(): void {
    const blocked: Lane[] = [];
    for (const lane of this.#ready) {
      this.#ready.delete(lane);
      if (this.#isStopped) return;
      if (lane.shallLoad) this.#track(this.#load(lane));
      if (!lane.canStart) continue;
      if (this.#runningCount >= maximumRunning && lane.running > 0) {
        blocked.push(lane);
        continue;
      }
      this.#track(this.#run(lane, lane.start()));
      // Behind the others; the loop comes to it again.
      this.#ready.add(lane);
    }
    for (const lane of blocked) this.#ready.add(lane);
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => {
      this.#work.delete(tracked);
      this.#pump();
    });
    this.#work.add(tracked);
  }

  async #load(lane: Lane): Promise<void> {
    const { events, clock, log } = this.#state;
    lane.isLoading = true;
    lane.hasMore = false;
    try {
      const limit = lane.loadLimit;
      const found = await events.due(lane.functionArn, clock.now(), limit);
      lane.hasMore ||= found.length === limit;
      lane.loaded(found);
    } catch (error) {
      log.error("asynchronous events could not be read", { function: lane.functionArn, error });
      lane.hasMore = true;
      lane.loaded([]);
      this.#track(this.#rest(lane, diskRetryMs));
    }
    this.#leave(lane);
  }

  async #run(lane: Lane, sequence: number): Promise<void> {
    this.#runningCount++;
    try {
      const event = this.#takeFresh(sequence) ?? (await this.#state.events.find(sequence));
      if (event?.settlement) await this.#deliver(event);
      else if (event) await this.#attempt(lane, event);
    } catch (error) {
      // It is on disk still, and its lane looks there again.
      this.#state.log.error("an asynchronous event could not be run", { function: lane.functionArn, error });
      lane.hasMore = true;
      this.#track(this.#rest(lane, diskRetryMs));
    }
    this.#runningCount--;
    lane.end(sequence);
    this.#leave(lane);
  }

  /** Nothing of the lane is started for a while. */
  async #rest(lane: Lane, delayMs: number): Promise<void> {
    if (lane.isResting) return;
    lane.isResting = true;
    await this.#pause(delayMs);
    lane.isResting = false;
    this.#leave(lane);
  }

  #takeFresh(sequence: number): AsyncEvent | undefined {
    const event = this.#fresh.get(sequence);
    if (event === undefined) return undefined;
    this.#fresh.delete(sequence);
    this.#freshBytes -= event.payload.length;
    return event;
  }

  /** A lane with nothing left is forgotten. */
  #leave(lane: Lane): void {
    if (lane.isEmpty) this.#lanes.delete(lane.functionArn);
    else this.#ready.add(lane);
  }

  async #attempt(lane: Lane, event: AsyncEvent): Promise<void> {
    const reserved = await this.#state.admission.reservedFor(event.target);
    this.#widen(lane, reserved);
    const verdict = await attempt(this.#state, event, reserved);
    // What met a product that is stopping was no attempt; it is on disk as it was.
    if (this.#isStopped && verdict.next === "attempt" && verdict.isRefused) return;
    switch (verdict.next) {
      case "nothing":
        lane.isInTrouble = false;
        return this.#persist(() => this.#state.events.remove(event));
      case "delivery":
        lane.isInTrouble = false;
        return this.#deliver(verdict.event);
      case "attempt":
        lane.isInTrouble = verdict.isRefused;
        // While a function is throttled, one event a second finds out whether it still is; the others need not be written each time.
        if (verdict.isRefused) this.#track(this.#rest(lane, asyncBackOffMs.first));
        return this.#postpone(verdict.event);
    }
  }

  #widen(lane: Lane, reserved: number | undefined): void {
    const limit = Math.min(maximumRunning, reserved ?? maximumRunning);
    if (limit === lane.limit) return;
    lane.limit = limit;
    this.#ready.add(lane);
    this.#pump();
  }

  /** Tells whoever is to be told; who cannot be reached is tried again later, and then given up. */
  async #deliver(event: AsyncEvent): Promise<void> {
    const { clock, events } = this.#state;
    const settlement = event.settlement!;
    const undone: Delivery[] = [];
    for (const delivery of settlement.deliveries) {
      try {
        await deliver(this.#state, event, settlement, delivery);
      } catch (error) {
        undone.push(delivery);
        this.#state.log.warn("the outcome of an asynchronous invocation could not be delivered", { to: delivery.arn, error });
      }
    }
    const delayMs = deliveryRetryDelaysMs[settlement.failedRounds];
    if (undone.length > 0 && delayMs !== undefined) {
      const failedRounds = settlement.failedRounds + 1;
      return this.#postpone({ ...event, settlement: { ...settlement, deliveries: undone, failedRounds }, dueMs: clock.now() + delayMs });
    }
    for (const { kind } of undone)
      this.#state.metrics.add(kind === "record" ? "DestinationDeliveryFailures" : "DeadLetterErrors", event.target);
    return this.#persist(() => events.remove(event));
  }

  async #postpone(event: AsyncEvent): Promise<void> {
    await this.#persist(() => this.#state.events.update(event));
    this.#expect(event.dueMs);
  }

  /** Writes until it is written, or the product stops: then the event runs again. */
  async #persist(write: () => Promise<void>): Promise<void> {
    while (!this.#isStopped) {
      try {
        return await write();
      } catch (error) {
        this.#state.log.error("an asynchronous event could not be settled on disk", { error });
        await this.#pause(diskRetryMs);
      }
    }
    await write().catch(() => {});
  }

  async #pause(delayMs: number): Promise<void> {
    await sleep(this.#state.clock, delayMs, this.#stop.signal).catch(() => {});
  }
}

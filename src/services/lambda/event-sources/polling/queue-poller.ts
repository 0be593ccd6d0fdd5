/**
 * Reads one queue for one mapping: waits with a single request while there is nothing, reads side by side while there is a backlog, and has no
 * more batches in the function's hands than its concurrency allows.
 */
import { sleep } from "#kit/clock.ts";
import type { Principal } from "#wire/principal.ts";
import { type FunctionReference, parseFunctionName } from "../../function-name.ts";
import { requireVersion } from "../../qualifiers.ts";
import type { LambdaState } from "../../state.ts";
import type { Mapping } from "../mapping.ts";
import { failedIds } from "./batch-response.ts";
import { Concurrency } from "./concurrency.ts";
import { compileFilters } from "./filters.ts";
import { type Batch, gather, parted, readers } from "./gather.ts";
import { invokeBatch, withoutLoops } from "./invoke-batch.ts";
import type { QueueSource, SourceRecord } from "./source.ts";

/** How soon a function that cannot be invoked, or a queue that cannot be read, is looked at again: doubling. */
const restMs = { first: 1_000, last: 5_000 } as const;
/** How long a queue's visibility timeout is taken for what it was. */
const hiddenKnownMs = 60_000;
const removalAttempts = 3;

export class QueuePoller<Item extends SourceRecord> implements AsyncDisposable {
  readonly #state: LambdaState;
  readonly #mapping: Mapping;
  readonly #source: QueueSource<Item>;
  readonly #target: FunctionReference;
  readonly #isWanted: (record: SourceRecord) => boolean;
  readonly #reportsFailures: boolean;
  readonly #windowMs: number;
  readonly #concurrency: Concurrency;
  readonly #stop = new AbortController();
  readonly #work = new Set<Promise<void>>();
  #reading = 0;
  #processing = 0;
  #isBacklogged = false;
  #isResting = false;
  #restMs: number = restMs.first;
  #hidden: { ms: number; untilMs: number } | undefined;

  constructor(state: LambdaState, mapping: Mapping, source: QueueSource<Item>) {
    this.#state = state;
    this.#mapping = mapping;
    this.#source = source;
    this.#target = parseFunctionName(mapping.functionArn, mapping);
    this.#isWanted = compileFilters(mapping.options);
    this.#reportsFailures = mapping.options.FunctionResponseTypes?.includes("ReportBatchItemFailures") ?? false;
    this.#windowMs = (mapping.options.MaximumBatchingWindowInSeconds ?? 0) * 1_000;
    this.#concurrency = new Concurrency(mapping.options);
    this.#fill();
  }

  /** Stops reading; what is in the function's hands is brought to its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the event source mapping is not read any more"));
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  /** Begins to read as often as there are places for what may come. */
  #fill(): void {
    // Side by side, several would share what comes within a window, and none would get a full batch.
    const wanted = this.#isBacklogged && this.#windowMs === 0 ? readers : 1;
    while (!this.#stop.signal.aborted && !this.#isResting && this.#reading < wanted && this.#places > 0) this.#track(this.#read());
  }

  get #places(): number {
    return this.#concurrency.limit - this.#reading - this.#processing;
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => {
      this.#work.delete(tracked);
      this.#fill();
    });
    this.#work.add(tracked);
  }

  async #read(): Promise<void> {
    this.#reading++;
    try {
      const as = await this.#role();
      const { BatchSize: batchSize = this.#source.largestReceive } = this.#mapping.options;
      const startedMs = this.#state.clock.monotonicMs();
      const batch = await gather(this.#source, { batchSize, windowMs: this.#windowMs }, this.#state.clock, this.#stop.signal, as);
      this.#restMs = restMs.first;
      this.#isBacklogged = batch.isFull;
      // A source that stops answers at once; asking it again at once would leave nobody else a turn.
      if (batch.records.length === 0 && this.#state.clock.monotonicMs() - startedMs < restMs.first) this.#pause();
      if (batch.records.length > 0) this.#track(this.#process(batch, as));
    } catch (error) {
      this.#rest(error);
    }
    this.#reading--;
  }

  /** On whose behalf the queue is read. Rejects while the function cannot be invoked: then messages are better off where they are. */
  async #role(): Promise<Principal> {
    const version = await requireVersion(this.#state, this.#target);
    if (version.state.name !== "Active") throw new Error(`the function is ${version.state.name}`);
    if ((await this.#state.admission.reservedFor(this.#target)) === 0) throw new Error("the function's reserved concurrency is zero");
    return this.#state.roles.of(version.roleArn, this.#target);
  }

  /** Leaves the queue alone for a while. */
  #rest(reason: unknown): void {
    if (this.#isResting || this.#stop.signal.aborted) return;
    const { log } = this.#state;
    if (this.#restMs === restMs.first)
      log.warn("an event source cannot be read now", { uuid: this.#mapping.uuid, reason: (reason as Error).message });
    this.#pause();
    this.#restMs = Math.min(this.#restMs * 2, restMs.last);
  }

  /** Nothing is read for a while. */
  #pause(): void {
    if (this.#isResting) return;
    this.#isResting = true;
    this.#track(
      sleep(this.#state.clock, this.#restMs, this.#stop.signal)
        .catch(() => {})
        .then(() => void (this.#isResting = false)),
    );
  }

  async #process({ records, receivedMs }: Batch<Item>, as: Principal): Promise<void> {
    this.#processing++;
    try {
      const wanted = records.filter(this.#isWanted);
      this.#count("PolledEventCount", records.length);
      this.#count("FilteredOutEventCount", records.length - wanted.length);
      if (wanted.length < records.length)
        await this.#remove(
          records.filter((record) => !wanted.includes(record)),
          as,
        );
      const untilMs = receivedMs + (await this.#hiddenMs(as));
      for (const part of parted(await withoutLoops(this.#state, this.#target, wanted))) {
        const isDone = await this.#invoke(part, untilMs, as);
        // What comes after a failure in an ordered queue must not overtake it.
        if (!isDone && this.#source.isOrdered) break;
      }
    } catch (error) {
      // The records come again when their visibility timeout is over.
      this.#state.log.error("a batch could not be processed", { uuid: this.#mapping.uuid, error });
    }
    this.#processing--;
  }

  /** Whether all of it was processed. */
  async #invoke(records: readonly Item[], untilMs: number, as: Principal): Promise<boolean> {
    const { clock } = this.#state;
    const startedMs = clock.monotonicMs();
    const isBacklogged = this.#isBacklogged && this.#places <= 0;
    const onThrottle = (): void => this.#concurrency.failed();
    const invoked = await invokeBatch(this.#state, { target: this.#target, records, untilMs, signal: this.#stop.signal, onThrottle });
    const hasFailed = invoked === undefined || invoked.outcome.functionError !== undefined;
    this.#count(hasFailed ? "FailedInvokeEventCount" : "InvokedEventCount", records.length);
    if (invoked === undefined && this.#stop.signal.aborted) await this.#source.release(records, as);
    if (hasFailed) {
      // Partial failures are expected where they are reported: "Lambda does not scale down message polling when function invocations fail".
      if (invoked !== undefined && !this.#reportsFailures) this.#concurrency.failed();
      return false;
    }
    this.#concurrency.succeeded(clock.monotonicMs() - startedMs, isBacklogged, clock.now());
    const failed = this.#reportsFailures ? failedIds(invoked.outcome.payload, new Set(records.map(({ id }) => id))) : none;
    await this.#remove(failed.size === 0 ? records : records.filter(({ id }) => !failed.has(id)), as);
    return failed.size === 0;
  }

  /** Records that cannot be removed come again; the function has to bear it, as on AWS. */
  async #remove(records: readonly Item[], as: Principal): Promise<void> {
    if (records.length === 0) return;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#source.remove(records, as);
        this.#count("DeletedEventCount", records.length);
        return;
      } catch (error) {
        if (attempt === removalAttempts) {
          this.#state.log.warn("processed records could not be removed from their source", { uuid: this.#mapping.uuid, error });
          return;
        }
        await sleep(this.#state.clock, restMs.first * attempt, this.#stop.signal).catch(() => {});
      }
    }
  }

  async #hiddenMs(as: Principal): Promise<number> {
    const nowMs = this.#state.clock.now();
    if (this.#hidden === undefined || this.#hidden.untilMs <= nowMs) {
      this.#hidden = { ms: await this.#source.hiddenMs(as), untilMs: nowMs + hiddenKnownMs };
    }
    return this.#hidden.ms;
  }

  #count(metric: Parameters<LambdaState["metrics"]["addOfMapping"]>[0], count: number): void {
    this.#state.metrics.addOfMapping(metric, this.#mapping.uuid, count);
  }
}

const none: ReadonlySet<string> = new Set();

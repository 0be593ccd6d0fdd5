import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type Statement, type StatementResult, WriteQueueFull } from "../database.ts";
import { type PackedOutcomes, packUnits, unpackOutcomes } from "./packed-group.ts";
import { type PlainUnit, failureError, plainUnit } from "./units.ts";

interface PendingUnit {
  unit: PlainUnit;
  resolve: (results: StatementResult[]) => void;
  reject: (reason: Error) => void;
}

/** Bounds how long a unit can wait for others of its group. */
const maxUnitsPerCommit = 512;
const maxQueuedUnits = 8_192;

/**
 * Hands write units to the writer's thread, one group at a time. While one group is being synced the next one gathers: the busier
 * the disk, the larger the groups.
 */
export class Writer {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #queued: PendingUnit[] = [];
  #inFlight: PendingUnit[] = [];
  #sendIsDue = false;
  /** Why nothing is accepted any more. */
  #ended: Error | undefined;
  #onDrained: (() => void) | undefined;

  /** `worker` runs writer-worker.ts and has said that the file is open. */
  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (outcomes: PackedOutcomes) => this.#settle(outcomes));
    worker.on("error", (error: Error) => this.#fail(new Error(`the database's writer failed: ${error.message}`, { cause: error })));
    this.#exited = new Promise((resolve) => {
      worker.on("exit", () => {
        this.#fail(new Error("the database's writer has ended"));
        resolve();
      });
    });
  }

  /** Resolves when the file is open for writing. */
  static async open(path: string): Promise<Writer> {
    // Without execArgv the thread would inherit flags that were meant for the process, such as those of the test runner.
    const worker = new Worker(new URL("writer-worker.ts", import.meta.url), { workerData: { path }, execArgv: [] });
    await once(worker, "message");
    return new Writer(worker);
  }

  submit(statements: readonly Statement[]): Promise<StatementResult[]> {
    if (statements.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      if (this.#queued.length >= maxQueuedUnits) throw new WriteQueueFull(maxQueuedUnits);
      this.#queued.push({ unit: plainUnit(statements), resolve, reject });
      this.#sendSoon();
    });
  }

  /** Waits for what was submitted, then closes the file. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = new Error("the database is closed");
    if (this.#inFlight.length + this.#queued.length > 0) await new Promise<void>((resolve) => (this.#onDrained = resolve));
    this.#worker.postMessage(null);
    await this.#exited;
  }

  /** Units that were submitted in one turn of the event loop go together. */
  #sendSoon(): void {
    if (this.#sendIsDue || this.#inFlight.length > 0) return;
    this.#sendIsDue = true;
    queueMicrotask(() => {
      this.#sendIsDue = false;
      this.#send();
    });
  }

  #send(): void {
    this.#inFlight = this.#queued.splice(0, maxUnitsPerCommit);
    if (this.#inFlight.length === 0) return this.#onDrained?.();
    const group = packUnits(this.#inFlight.map(({ unit }) => unit));
    this.#worker.postMessage(group, [group.blobs.buffer]);
  }

  #settle(packed: PackedOutcomes): void {
    const settled = this.#inFlight;
    const statementCounts = settled.map(({ unit }) => unit.length);
    // First the next group, so that the disk does not wait for those who learn of this one.
    this.#send();
    unpackOutcomes(packed, statementCounts).forEach((outcome, index) => {
      const { resolve, reject } = settled[index]!;
      if ("results" in outcome) resolve(outcome.results);
      else reject(failureError(outcome.failure));
    });
  }

  #fail(reason: Error): void {
    this.#ended ??= reason;
    for (const { reject } of [...this.#inFlight.splice(0), ...this.#queued.splice(0)]) reject(reason);
    this.#onDrained?.();
  }
}

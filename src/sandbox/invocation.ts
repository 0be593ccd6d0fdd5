import type { InvocationOutcome, InvocationRequest } from "./contract.ts";
import { responseTooLarge } from "./failures.ts";
import type { RuntimeAnswer } from "./runtime-link.ts";

/** One invocation on its way: its promises, and what is known of its answer. */
export class Invocation {
  readonly request: InvocationRequest;
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  readonly outcome: Promise<InvocationOutcome>;
  /** END and REPORT are being written: nothing can go wrong with it any more. */
  isConcluding = false;
  /** Monotonic; known of those that are traced. */
  answeredAtMs: number | undefined;
  #outcome = Promise.withResolvers<InvocationOutcome>();
  #finished = Promise.withResolvers<void>();
  #answer: Omit<InvocationOutcome, "finished"> | undefined;
  #streamedBytes = 0;

  /** `startedAtMs` is monotonic, `deadlineMs` epoch milliseconds. */
  constructor(request: InvocationRequest, startedAtMs: number, deadlineMs: number) {
    this.request = request;
    this.startedAtMs = startedAtMs;
    this.deadlineMs = deadlineMs;
    this.outcome = this.#outcome.promise;
  }

  get isAnswered(): boolean {
    return this.#answer !== undefined;
  }

  get producedBytes(): number {
    return this.#streamedBytes + (this.#answer?.payload.length ?? 0);
  }

  take(answer: RuntimeAnswer): void {
    if (answer.kind === "tooLarge") this.answer({ payload: responseTooLarge(answer.limitBytes), functionError: "Unhandled" });
    else if (answer.kind === "streamed") this.#answerStreamed(answer.sizeBytes);
    else if (answer.kind === "error") this.answer({ payload: answer.payload, functionError: "Unhandled" });
    else if (answer.contentType) this.answer({ payload: answer.payload, contentType: answer.contentType });
    else this.answer({ payload: answer.payload });
  }

  /** The caller gets it at once, unless it wants the log with it. */
  answer(answer: Omit<InvocationOutcome, "finished">): void {
    this.#answer = answer;
    if (!this.request.tailLog) this.#deliver(answer);
  }

  /** The answer is with the request's `stream`. */
  #answerStreamed(sizeBytes: number): void {
    this.#streamedBytes = sizeBytes;
    this.answer({ payload: nothing });
  }

  attachTail(logTail: Buffer): void {
    if (this.#answer) this.#deliver({ ...this.#answer, logTail });
  }

  reject(error: Error): void {
    this.#outcome.reject(error);
  }

  finish(): void {
    this.#finished.resolve();
  }

  #deliver(answer: Omit<InvocationOutcome, "finished">): void {
    this.#outcome.resolve({ ...answer, finished: this.#finished.promise });
  }
}

const nothing = new Uint8Array();

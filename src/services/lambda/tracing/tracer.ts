/**
 * X-Ray's view of invocations: decides which of them are followed, gives those their trace header, and sends their segments when they are over.
 * Functions whose tracing is `PassThrough` are none of its business: they get the header as it came, and send what they like to the daemon.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
 */
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import { AwsError } from "#wire/errors.ts";
import type { Loop } from "#wire/service.ts";
import type { InvocationOutcome, InvocationTimes, InvocationTrace } from "#sandbox/contract.ts";
import { type FunctionReference, functionArn } from "../function-name.ts";
import type { FunctionVersion } from "../function-version.ts";
import { decisionIn, parentIn, rootIn, withDecision } from "../trace-header.ts";
import { Sampling } from "./sampling.ts";
import { type Attempt, functionDocument, serviceDocument, type Traced } from "./segments.ts";
import type { Sender, SegmentSender } from "./segment-sender.ts";

export interface TracedRequest {
  target: FunctionReference;
  requestId: string;
  /** See trace-header.ts. */
  traceId: string;
  attempt?: Attempt;
}

export class Tracer implements Loop {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #sampling: Sampling;
  readonly #sender: SegmentSender;

  constructor({ clock, ids }: { clock: Clock; ids: Ids }, sender: SegmentSender) {
    this.#clock = clock;
    this.#ids = ids;
    this.#sampling = new Sampling(clock, ids);
    this.#sender = sender;
  }

  /** The header with a decision in it, so that all attempts at an event go the same way. */
  decide(version: FunctionVersion, header: string): string {
    if (version.tracingMode !== "Active" || decisionIn(header) !== undefined) return header;
    return withDecision(header, this.#sampling.decide(functionArn(version)), parentIn(header));
  }

  /** Undefined if the invocation is not followed. */
  begin(version: FunctionVersion, request: TracedRequest): TracedInvocation | undefined {
    const { target, requestId, attempt } = request;
    const header = this.decide(version, request.traceId);
    if (decisionIn(header) !== true) return undefined;
    const traced = {
      traceId: rootIn(header),
      functionName: version.name,
      functionArn: functionArn(target, target.qualifier),
      accountId: version.accountId,
      logGroup: version.logging.group,
      requestId,
      parentId: parentIn(header),
      serviceId: requestId.replaceAll("-", "").slice(16, 32),
      functionId: this.#ids.hex(16),
      invocationId: this.#ids.hex(16),
      attempt,
    };
    return new TracedInvocation(traced, withDecision(header, true, traced.invocationId), {
      clock: this.#clock,
      ids: this.#ids,
      send: (document) => this.#sender.send(version, [JSON.stringify(document)]),
    });
  }

  /** What a function has sent to its daemon. */
  take(sender: Sender, documents: readonly string[]): void {
    this.#sender.send(sender, documents);
  }

  /** What waits is sent when the service stops. */
  start(): AsyncDisposable {
    return { [Symbol.asyncDispose]: () => this.#sender.flush() };
  }
}

interface Means {
  clock: Clock;
  ids: Ids;
  send: (document: object) => void;
}

/** One invocation that is followed: hears from the caller's side and from the environment's, in any order. */
export class TracedInvocation {
  /** What the function gets: its own subsegments lie beneath the invocation's. */
  readonly header: string;
  readonly forSandbox: InvocationTrace;
  #traced: Traced;
  #means: Means;
  #startedAtMs: number;
  #times: InvocationTimes | undefined;
  #outcome: InvocationOutcome | undefined;

  constructor(traced: Traced, header: string, means: Means) {
    this.header = header;
    this.#traced = traced;
    this.#means = means;
    this.#startedAtMs = means.clock.now();
    this.forSandbox = {
      traceId: traced.traceId,
      segmentId: traced.functionId,
      ended: (times) => {
        this.#times = times;
        this.#sendFunction();
      },
    };
  }

  answered(outcome: InvocationOutcome): void {
    this.#outcome = outcome;
    this.#sendService(200, outcome.functionError !== undefined);
    this.#sendFunction();
  }

  /** It was refused, or failed by a fault that is not the function's. */
  failed(error: unknown): void {
    // The event waits for another attempt, which will be followed.
    if (this.#traced.attempt) return;
    const isThrottle = error instanceof AwsError && error.code === "TooManyRequestsException";
    this.#sendService(isThrottle ? 429 : 500, true);
  }

  #sendService(status: number, hasFailed: boolean): void {
    const span = { startedAtMs: this.#startedAtMs, endedAtMs: this.#means.clock.now(), status, hasFailed };
    this.#means.send(serviceDocument(this.#traced, span, this.#makeId));
  }

  #sendFunction(): void {
    if (this.#times && this.#outcome) this.#means.send(functionDocument(this.#traced, this.#times, this.#outcome, this.#makeId));
  }

  readonly #makeId = (): string => this.#means.ids.hex(16);
}

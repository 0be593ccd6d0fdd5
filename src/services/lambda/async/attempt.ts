/** One attempt at an asynchronous event: runs its function, and says what is to follow. */
import { AwsError } from "#wire/errors.ts";
import { type Invoked, invokeFunction } from "../invoke.ts";
import { requireVersion } from "../qualifiers.ts";
import { placeOf } from "../satellites/place.ts";
import { retryLimits } from "../satellites/event-invoke.ts";
import type { LambdaState } from "../state.ts";
import {
  afterFailure,
  afterRefusal,
  type AsyncEvent,
  type Condition,
  type Delivery,
  functionResponse,
  type FunctionResponse,
  isTooOld,
  type Refusal,
} from "./event.ts";

/** What follows an attempt. */
export type Verdict =
  /** Another one; `isRefused` if this one did not reach the function. */
  | { next: "attempt"; event: AsyncEvent; isRefused: boolean }
  /** Somebody is to be told. */
  | { next: "delivery"; event: AsyncEvent }
  | { next: "nothing" };

type LastAnswer = { response?: FunctionResponse; refusal?: Refusal };

/** `reserved`: the function's reserved concurrency. */
export async function attempt(state: LambdaState, event: AsyncEvent, reserved: number | undefined): Promise<Verdict> {
  const limits = await retryLimits(state, event.target);
  if (reserved === 0) return settle(state, event, "ZeroReservedConcurrency", { refusal: switchedOff });
  if (isTooOld(event, limits, state.clock.now())) {
    return settle(state, event, "EventAgeExceeded", { ...(event.lastRefusal && { refusal: event.lastRefusal }) });
  }
  let invoked: Invoked;
  try {
    const { target, payload, requestId, context } = event;
    const trial = { acceptedMs: event.acceptedMs, number: event.failures + 1 };
    state.metrics.observe("AsyncEventAge", target, state.clock.now() - event.acceptedMs);
    invoked = await invokeFunction(state, { target, payload, isJson: true, requestId, ...context, attempt: trial });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.statusCode === 404) return settle(state, event, "RetriesExhausted", { refusal });
    if (refusal.statusCode === 400) return settle(state, event, "RecursiveInvocation", { refusal });
    const next = afterRefusal(event, refusal, limits, state.clock.now());
    if (typeof next === "string") return settle(state, event, next, { refusal });
    return { next: "attempt", event: next, isRefused: true };
  }
  const { outcome, executedVersion } = invoked;
  const next = outcome.functionError === undefined ? "Success" : afterFailure(event, limits, state.clock.now());
  if (typeof next === "string") return settle(state, event, next, () => ({ response: functionResponse(outcome, executedVersion) }));
  return { next: "attempt", event: next, isRefused: false };
}

/** As seen in dead letters on AWS, down to the missing space; they have no ErrorCode then. */
const switchedOff: Refusal = { message: "Function not invoked. Function isconfigured with zero reserved concurrent executions" };

/** By what Invoke would have answered: 429 and 5xx are worth another attempt. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof AwsError)) return { statusCode: 500, message: (error as Error).message };
  const statusCodes: Record<string, number> = {
    TooManyRequestsException: 429,
    ResourceNotFoundException: 404,
    RecursiveInvocationException: 400,
  };
  return { statusCode: statusCodes[error.code] ?? 500, message: error.message };
}

/** `answer` may be a function, because most events have nobody to tell and their answers need not be kept. */
async function settle(
  state: LambdaState,
  event: AsyncEvent,
  condition: Condition,
  answer: LastAnswer | (() => LastAnswer),
): Promise<Verdict> {
  const { target } = event;
  if (condition !== "Success") state.metrics.add("AsyncEventsDropped", target);
  const recipients = await recipientsOf(state, event, condition);
  if (recipients === undefined || recipients.deliveries.length === 0) return { next: "nothing" };
  const last = typeof answer === "function" ? answer() : answer;
  const invokeCount = event.failures + (last.response ? 1 : 0);
  const settlement = { condition, settledMs: state.clock.now(), invokeCount, ...last, ...recipients, failedRounds: 0 };
  return { next: "delivery", event: { ...event, settlement } };
}

/** Undefined if the function is gone, and with it what it had configured. */
async function recipientsOf(
  state: LambdaState,
  { target }: AsyncEvent,
  condition: Condition,
): Promise<{ roleArn: string; deliveries: Delivery[] } | undefined> {
  const version = await requireVersion(state, target).catch((error: unknown) => {
    if (error instanceof AwsError && error.code === "ResourceNotFoundException") return undefined;
    throw error;
  });
  if (version === undefined) return undefined;
  const { onSuccessArn, onFailureArn } = (await state.satellites.find("event-invoke", placeOf(target))) ?? {};
  const isSuccess = condition === "Success";
  const recordArn = isSuccess ? onSuccessArn : onFailureArn;
  const deadLetterArn = isSuccess ? undefined : version.deadLetterTargetArn;
  return {
    roleArn: version.roleArn,
    deliveries: [
      ...(recordArn === undefined ? [] : [{ kind: "record", arn: recordArn } as const]),
      ...(deadLetterArn === undefined ? [] : [{ kind: "dead-letter", arn: deadLetterArn } as const]),
    ],
  };
}

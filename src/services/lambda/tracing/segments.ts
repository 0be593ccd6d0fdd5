/**
 * The segments that Lambda itself sends: one of the service, AWS::Lambda, and beneath it one of the function, AWS::Lambda::Function, with what its
 * time was spent on. Shaped as AWS's were seen to be (X-Ray's developer guide, "Getting data from AWS X-Ray", and test data of AWS's own
 * integrated application test kit, 2023). Pure.
 */
import type { InvocationOutcome, InvocationTimes } from "#sandbox/contract.ts";
import { causeOf } from "./cause.ts";

/** What is the same in all segments of one invocation. */
export interface Traced {
  traceId: string;
  functionName: string;
  functionArn: string;
  accountId: string;
  logGroup: string;
  requestId: string;
  /** Who called, if that is known. */
  parentId: string | undefined;
  /** Of the segment of the service; the same for all attempts at an asynchronous event. */
  serviceId: string;
  functionId: string;
  /** Of the function's subsegment in which its own code runs, beneath which its own subsegments go. */
  invocationId: string;
  /** Of an asynchronous event. */
  attempt?: Attempt | undefined;
}

export interface Attempt {
  acceptedMs: number;
  /** From 1 on. */
  number: number;
}

/** How an invocation went for the service. */
export interface ServiceSpan {
  startedAtMs: number;
  endedAtMs: number;
  /** What the caller was answered; of an attempt, what would have been. */
  status: number;
  hasFailed: boolean;
}

/** The segment AWS::Lambda. After the first attempt at an event, only the subsegment of the next one. */
export function serviceDocument(traced: Traced, span: ServiceSpan, makeId: () => string): object {
  const { attempt, traceId, functionName, functionArn, requestId, serviceId, parentId } = traced;
  const tried = attempt && attemptSubsegment(attempt, span, makeId);
  if (tried && attempt.number > 1) return { ...tried, trace_id: traceId, parent_id: serviceId, type: "subsegment" };
  return {
    id: serviceId,
    name: functionName,
    trace_id: traceId,
    ...(parentId !== undefined && { parent_id: parentId }),
    start_time: secondsOf(attempt?.acceptedMs ?? span.startedAtMs),
    // Of an event, it is over when the caller has been told that it was accepted.
    end_time: secondsOf(attempt?.acceptedMs ?? span.endedAtMs),
    ...(!attempt && flagsOf(span)),
    http: { response: { status: attempt ? 202 : span.status } },
    aws: { request_id: requestId },
    origin: "AWS::Lambda",
    resource_arn: functionArn,
    ...(tried && { subsegments: [dwellSubsegment(attempt, span, makeId), tried] }),
  };
}

/** How long the event waited. https://docs.aws.amazon.com/xray/latest/devguide/xray-services-lambda.html */
const dwellSubsegment = ({ acceptedMs }: Attempt, { startedAtMs }: ServiceSpan, makeId: () => string) => ({
  id: makeId(),
  name: "Dwell Time",
  start_time: secondsOf(acceptedMs),
  end_time: secondsOf(startedAtMs),
});

const attemptSubsegment = ({ number }: Attempt, span: ServiceSpan, makeId: () => string) => ({
  id: makeId(),
  name: `Attempt #${number}`,
  start_time: secondsOf(span.startedAtMs),
  end_time: secondsOf(span.endedAtMs),
  ...flagsOf(span),
  http: { response: { status: span.status } },
});

function flagsOf({ status, hasFailed }: ServiceSpan) {
  if (status === 429) return { error: true, throttle: true };
  if (status >= 400 && status < 500) return { error: true };
  return hasFailed || status >= 500 ? { fault: true } : {};
}

/** The segment AWS::Lambda::Function. */
export function functionDocument(traced: Traced, times: InvocationTimes, outcome: InvocationOutcome, makeId: () => string): object {
  const { traceId, functionName, functionArn, accountId, logGroup, serviceId, functionId, invocationId } = traced;
  const aws = { function_arn: functionArn };
  const failure = outcome.functionError === undefined ? {} : { fault: true, cause: causeOf(outcome.payload, makeId) };
  const subsegment = (id: string, name: string, startMs: number, endMs: number) => ({
    id,
    name,
    start_time: secondsOf(startMs),
    end_time: secondsOf(endMs),
    aws,
  });
  return {
    id: functionId,
    name: functionName,
    trace_id: traceId,
    parent_id: serviceId,
    start_time: secondsOf(times.startedAtMs),
    end_time: secondsOf(times.endedAtMs),
    ...failure,
    aws: { account_id: accountId, function_arn: functionArn, resource_names: [functionName], cloudwatch_logs: [{ log_group: logGroup }] },
    origin: "AWS::Lambda::Function",
    subsegments: [
      ...(times.init ? [subsegment(makeId(), "Initialization", times.init.startedAtMs, times.init.endedAtMs)] : []),
      { ...subsegment(invocationId, "Invocation", times.startedAtMs, times.answeredAtMs), ...failure },
      subsegment(makeId(), "Overhead", times.answeredAtMs, times.endedAtMs),
    ],
  };
}

/** Microseconds, as AWS has them. */
const secondsOf = (ms: number): number => Math.round(ms * 1_000) / 1_000_000;

/**
 * What Lambda records of an environment and its invocations, as the Telemetry API and logs in JSON have it.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
 */
import type { EnvironmentSpec, InvocationRequest, InvocationTrace } from "./contract.ts";
import type { Extension } from "./extensions/extension.ts";
import type { Failure } from "./failures.ts";
import type { InitialisationType } from "./initialisation.ts";
import type { Subscription } from "./telemetry/subscription.ts";

/** Whether the runtime initialises ahead of an invocation, or again inside one. */
export type InitPhase = "init" | "invoke";

export type PlatformRecord = Record<string, unknown>;

export interface InvocationReport {
  requestId: string;
  durationMs: number;
  /** With the first invocation of an environment. */
  initMs?: number | undefined;
  /** With the first invocation of one that began with a snapshot. */
  restore?: RestoreTimes | undefined;
  peakMemoryBytes: number;
  /** Bytes of the answer. */
  producedBytes: number;
  /** Of an invocation that is sampled. */
  trace?: Pick<InvocationTrace, "traceId" | "segmentId"> | undefined;
  /** What the sandbox had to end; errors of the handler are not among them. */
  failure: Failure | undefined;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/snapstart-monitoring.html */
export interface RestoreTimes {
  durationMs: number;
  /** The runtime's part of it, with its hooks. */
  billedMs: number;
}

/** A part of an invocation. */
export interface Span {
  name: "responseLatency" | "responseDuration" | "runtimeOverhead" | "extensionOverhead";
  /** Epoch milliseconds. */
  startMs: number;
  durationMs: number;
}

export function initStartRecord(spec: EnvironmentSpec, initializationType: InitialisationType, phase: InitPhase): PlatformRecord {
  const { runtime, runtimeVersionArn, functionName, functionVersion } = spec;
  return { initializationType, phase, runtimeVersion: runtimeLabel(runtime), runtimeVersionArn, functionName, functionVersion };
}

export function initRuntimeDoneRecord(
  initializationType: InitialisationType,
  phase: InitPhase,
  failure: Failure | undefined,
): PlatformRecord {
  return { initializationType, phase, ...statusOf(failure) };
}

export function initReportRecord(
  initializationType: InitialisationType,
  phase: InitPhase,
  durationMs: number,
  failure: Failure | undefined,
): PlatformRecord {
  return { initializationType, phase, ...statusOf(failure), metrics: { durationMs: rounded(durationMs) } };
}

export function restoreStartRecord({ runtime, runtimeVersionArn, functionName, functionVersion }: EnvironmentSpec): PlatformRecord {
  return { runtimeVersion: runtimeLabel(runtime), runtimeVersionArn, functionName, functionVersion };
}

export const restoreRuntimeDoneRecord = (failure: Failure | undefined): PlatformRecord => statusOf(failure);

export function restoreReportRecord(durationMs: number, failure: Failure | undefined): PlatformRecord {
  return { ...statusOf(failure), metrics: { durationMs: rounded(durationMs) } };
}

export function startRecord({ functionVersion }: EnvironmentSpec, requestId: string): PlatformRecord {
  return { requestId, version: functionVersion };
}

export function runtimeDoneRecord(done: Pick<InvocationReport, "requestId" | "durationMs" | "producedBytes" | "failure">): PlatformRecord {
  const { requestId, durationMs, producedBytes, failure } = done;
  return { requestId, ...statusOf(failure), metrics: { durationMs: rounded(durationMs), producedBytes } };
}

export function reportRecord(spec: EnvironmentSpec, report: InvocationReport, initialisation: InitialisationType): PlatformRecord {
  const { requestId, durationMs, initMs, restore, failure } = report;
  const metrics = {
    durationMs: rounded(durationMs),
    billedDurationMs: billedMs(report, initialisation),
    memorySizeMB: spec.memoryMb,
    maxMemoryUsedMB: peakMb(report),
    ...(initMs === undefined ? {} : { initDurationMs: rounded(initMs) }),
    ...(restore && { restoreDurationMs: rounded(restore.durationMs), billedRestoreDurationMs: Math.ceil(restore.billedMs) }),
  };
  return { requestId, metrics, ...statusOf(failure) };
}

export function extensionRecord({ name, state, events, errorType }: Extension): PlatformRecord {
  return { name, state, events, ...(errorType !== undefined && { errorType }) };
}

export function subscriptionRecord(name: string, { types }: Subscription): PlatformRecord {
  return { name, state: "Subscribed", types };
}

/** Of a function that is traced. https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#TraceContext */
export function tracingOf({ tracing }: EnvironmentSpec, { traceId, trace }: InvocationRequest): PlatformRecord {
  if (tracing !== "Active") return {};
  return { tracing: { ...(trace && { spanId: trace.segmentId }), type: "X-Amzn-Trace-Id", value: traceId } };
}

export function spansOf(spans: readonly Span[]): PlatformRecord {
  const show = ({ name, startMs, durationMs }: Span) => ({ name, start: new Date(startMs).toISOString(), durationMs: rounded(durationMs) });
  return spans.length > 0 ? { spans: spans.map(show) } : {};
}

/** What the log says of a failure; errors that the runtime reported are its own to log. */
export function faultText(nowMs: number, { requestId, failure }: InvocationReport): string | undefined {
  if (failure === undefined || failure.message === "") return undefined;
  if (failure.status === "timeout") return `${new Date(nowMs).toISOString()} ${requestId} ${failure.message}`;
  return `RequestId: ${requestId} Error: ${failure.message}\n${failure.errorType}`;
}

/**
 * Since August 2025 initialisation on demand is billed too: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/.
 * With provisioned concurrency it is billed on its own, but still shown with the first invocation. What is billed of a restore is billed with it.
 */
export function billedMs({ durationMs, initMs, restore }: InvocationReport, initialisation: InitialisationType): number {
  return Math.ceil(durationMs + (initialisation === "on-demand" ? (initMs ?? 0) : 0) + (restore?.billedMs ?? 0));
}

export function peakMb({ peakMemoryBytes }: InvocationReport): number {
  return Math.ceil(peakMemoryBytes / (1024 * 1024));
}

/** `nodejs22.x` is `nodejs:22.v1`. */
export function runtimeLabel(runtime: string): string {
  const [, family = runtime, version = ""] = /^([a-z]+)\.?(.*?)(?:\.x)?$/.exec(runtime) ?? [];
  return `${family}:${version}.v1`;
}

function statusOf(failure: Failure | undefined): PlatformRecord {
  return failure === undefined ? { status: "success" } : { status: failure.status, errorType: failure.errorType };
}

function rounded(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}

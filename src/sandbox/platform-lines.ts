import type { EnvironmentSpec } from "./contract.ts";
import type { Failure } from "./failures.ts";

/**
 * The lines that Lambda itself writes to a function's log around its invocations, as text or as JSON; each method returns those
 * that the function's settings let through. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
 */
export interface PlatformLines {
  initStart(nowMs: number): string[];
  /** Only failed initialisations are reported on their own. */
  initFailed(nowMs: number, phase: InitPhase, durationMs: number, failure: Failure): string[];
  start(nowMs: number, requestId: string): string[];
  end(nowMs: number, report: InvocationReport): string[];
}

/** Whether the runtime initialises ahead of an invocation, or again inside one. */
export type InitPhase = "init" | "invoke";

export interface InvocationReport {
  requestId: string;
  durationMs: number;
  /** With the first invocation of an environment. */
  initMs: number | undefined;
  peakMemoryBytes: number;
  /** Bytes of the answer. */
  producedBytes: number;
  /** What the sandbox had to end; errors of the handler are not among them. */
  failure: Failure | undefined;
}

export function platformLines(spec: EnvironmentSpec): PlatformLines {
  return spec.logging.format === "JSON" ? jsonLines(spec) : textLines(spec);
}

function textLines(spec: EnvironmentSpec): PlatformLines {
  return {
    // Of an image no version is known.
    initStart: () =>
      spec.image ? [] : [`INIT_START Runtime Version: ${runtimeLabel(spec.runtime)}\tRuntime Version ARN: ${spec.runtimeVersionArn}`],
    initFailed: (_, phase, durationMs, failure) => [
      `INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms\tPhase: ${phase}\tStatus: ${statusText(failure)}`,
    ],
    start: (_, requestId) => [`START RequestId: ${requestId} Version: ${spec.functionVersion}`],
    end: (nowMs, report) => [...failureText(nowMs, report), `END RequestId: ${report.requestId}`, reportText(spec, report)],
  };
}

function reportText(spec: EnvironmentSpec, report: InvocationReport): string {
  const { requestId, durationMs, initMs, failure } = report;
  return (
    `REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${billedMs(report)} ms\t` +
    `Memory Size: ${spec.memoryMb} MB\tMax Memory Used: ${peakMb(report)} MB\t` +
    (initMs === undefined ? "" : `Init Duration: ${initMs.toFixed(2)} ms\t`) +
    (failure === undefined ? "" : `Status: ${statusText(failure)}`)
  );
}

function statusText({ status, errorType }: Failure): string {
  return status === "timeout" ? status : `${status}\tError Type: ${errorType}`;
}

function failureText(nowMs: number, { requestId, failure }: InvocationReport): string[] {
  if (failure === undefined || failure.message === "") return [];
  if (failure.status === "timeout") return [`${new Date(nowMs).toISOString()} ${requestId} ${failure.message}`];
  return [`RequestId: ${requestId} Error: ${failure.message}\n${failure.errorType}`];
}

const levels = ["DEBUG", "INFO", "WARN"] as const;
type Level = (typeof levels)[number];

/** Which event has which level: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html */
function jsonLines(spec: EnvironmentSpec): PlatformLines {
  const wanted = levels.indexOf((spec.logging.systemLevel ?? "INFO") as Level);
  const line = (level: Level, nowMs: number, type: string, record: Record<string, unknown>): string[] =>
    levels.indexOf(level) < wanted ? [] : [JSON.stringify({ time: new Date(nowMs).toISOString(), type: `platform.${type}`, record })];
  const version = { runtimeVersion: runtimeLabel(spec.runtime), runtimeVersionArn: spec.runtimeVersionArn };
  const identity = { functionName: spec.functionName, functionVersion: spec.functionVersion };
  const onDemand = { initializationType: "on-demand" };
  return {
    initStart: (nowMs) => line("INFO", nowMs, "initStart", { ...onDemand, phase: "init", ...version, ...identity }),
    initFailed: (nowMs, phase, durationMs, failure) =>
      line("WARN", nowMs, "initReport", {
        ...onDemand,
        phase,
        status: failure.status,
        errorType: failure.errorType,
        metrics: { durationMs: rounded(durationMs) },
      }),
    start: (nowMs, requestId) => line("INFO", nowMs, "start", { requestId, version: spec.functionVersion }),
    end(nowMs, report) {
      const { requestId, durationMs, initMs, producedBytes, failure } = report;
      const status = failure === undefined ? { status: "success" } : { status: failure.status, errorType: failure.errorType };
      const metrics = {
        durationMs: rounded(durationMs),
        billedDurationMs: billedMs(report),
        memorySizeMB: spec.memoryMb,
        maxMemoryUsedMB: peakMb(report),
        ...(initMs === undefined ? {} : { initDurationMs: rounded(initMs) }),
      };
      const done = { requestId, ...status, metrics: { durationMs: rounded(durationMs), producedBytes } };
      return [
        ...line(failure === undefined ? "DEBUG" : "WARN", nowMs, "runtimeDone", done),
        ...line(failure === undefined ? "INFO" : "WARN", nowMs, "report", { requestId, metrics, ...status }),
      ];
    },
  };
}

/** Since August 2025 initialisation is billed too: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/ */
function billedMs({ durationMs, initMs }: InvocationReport): number {
  return Math.ceil(durationMs + (initMs ?? 0));
}

function peakMb({ peakMemoryBytes }: InvocationReport): number {
  return Math.ceil(peakMemoryBytes / (1024 * 1024));
}

function rounded(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}

/** `nodejs22.x` is `nodejs:22.v1`. */
function runtimeLabel(runtime: string): string {
  const [, family = runtime, version = ""] = /^([a-z]+)\.?(.*?)(?:\.x)?$/.exec(runtime) ?? [];
  return `${family}:${version}.v1`;
}

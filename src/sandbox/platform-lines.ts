import type { EnvironmentSpec } from "./contract.ts";
import type { Extension } from "./extensions/extension.ts";
import type { Failure } from "./failures.ts";
import type { InitialisationType } from "./initialisation.ts";
import {
  billedMs,
  extensionRecord,
  faultText,
  initReportRecord,
  initStartRecord,
  peakMb,
  reportRecord,
  restoreReportRecord,
  restoreRuntimeDoneRecord,
  restoreStartRecord,
  runtimeDoneRecord,
  runtimeLabel,
  startRecord,
  subscriptionRecord,
  type InitPhase,
  type InvocationReport,
  type PlatformRecord,
} from "./platform-records.ts";
import type { Subscription } from "./telemetry/subscription.ts";

/**
 * The lines that Lambda itself writes to a function's log around its invocations, as text or as JSON; each method returns those
 * that the function's settings let through. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
 */
export interface PlatformLines {
  initStart(nowMs: number): string[];
  /** Initialisations ahead of an invocation are reported on their own if they were not made on demand. */
  initDone(nowMs: number, durationMs: number): string[];
  /** And all that failed. */
  initFailed(nowMs: number, phase: InitPhase, durationMs: number, failure: Failure): string[];
  /** It begins with a snapshot. */
  restoreStart(nowMs: number): string[];
  restoreDone(nowMs: number, durationMs: number, failure?: Failure): string[];
  /** How far an extension has come when initialisation is over. */
  extension(nowMs: number, extension: Extension): string[];
  /** An extension wants telemetry. */
  subscription(nowMs: number, name: string, subscription: Subscription): string[];
  start(nowMs: number, requestId: string): string[];
  end(nowMs: number, report: InvocationReport): string[];
}

export function platformLines(spec: EnvironmentSpec, initialisation: InitialisationType = "on-demand"): PlatformLines {
  return spec.logging.format === "JSON" ? jsonLines(spec, initialisation) : textLines(spec, initialisation);
}

function textLines(spec: EnvironmentSpec, initialisation: InitialisationType): PlatformLines {
  return {
    // Of an image no version is known.
    initStart: () =>
      spec.image ? [] : [`INIT_START Runtime Version: ${runtimeLabel(spec.runtime)}\tRuntime Version ARN: ${spec.runtimeVersionArn}`],
    initDone: (_, durationMs) => (initialisation === "on-demand" ? [] : [`INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms`]),
    initFailed: (_, phase, durationMs, failure) => [
      `INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms\tPhase: ${phase}\tStatus: ${statusText(failure)}`,
    ],
    // https://repost.aws/questions/QUZWHNEXlIS6O7jXNKqpAx-A/lambda-snap-start-restore-duration
    restoreStart: () => [`RESTORE_START Runtime Version: ${runtimeLabel(spec.runtime)}\tRuntime Version ARN: ${spec.runtimeVersionArn}`],
    restoreDone: (_, durationMs, failure) => [
      `RESTORE_REPORT Restore Duration: ${durationMs.toFixed(2)} ms${failure === undefined ? "" : `\tStatus: ${statusText(failure)}`}`,
    ],
    extension: (_, { name, state, events, errorType }) => [
      `EXTENSION\tName: ${name}\tState: ${state}\tEvents: [${events.join(", ")}]${errorType === undefined ? "" : `\tError Type: ${errorType}`}`,
    ],
    subscription: (_, name, { api, types }) => [
      `${api.toUpperCase()}\tName: ${name}\tState: Subscribed\tTypes: [${types.map(capitalised).join(", ")}]`,
    ],
    start: (_, requestId) => [`START RequestId: ${requestId} Version: ${spec.functionVersion}`],
    end(nowMs, report) {
      const fault = faultText(nowMs, report);
      const lines = [`END RequestId: ${report.requestId}`, reportText(spec, report, initialisation)];
      return fault === undefined ? lines : [fault, ...lines];
    },
  };
}

function reportText(spec: EnvironmentSpec, report: InvocationReport, initialisation: InitialisationType): string {
  const { requestId, durationMs, initMs, restore, trace, failure } = report;
  return (
    `REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${billedMs(report, initialisation)} ms\t` +
    `Memory Size: ${spec.memoryMb} MB\tMax Memory Used: ${peakMb(report)} MB\t` +
    (initMs === undefined ? "" : `Init Duration: ${initMs.toFixed(2)} ms\t`) +
    (restore === undefined ? "" : `Restore Duration: ${restore.durationMs.toFixed(2)} ms\t`) +
    (restore === undefined ? "" : `Billed Restore Duration: ${Math.ceil(restore.billedMs)} ms\t`) +
    (failure === undefined ? "" : `Status: ${statusText(failure)}`) +
    (trace === undefined ? "" : `\nXRAY TraceId: ${trace.traceId}\tSegmentId: ${trace.segmentId}\tSampled: true\t`)
  );
}

const capitalised = (word: string): string => (word[0] ?? "").toUpperCase() + word.slice(1);

function statusText({ status, errorType }: Failure): string {
  return status === "timeout" ? status : `${status}\tError Type: ${errorType}`;
}

const levels = ["DEBUG", "INFO", "WARN"] as const;
type Level = (typeof levels)[number];

/** Which event has which level: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html */
function jsonLines(spec: EnvironmentSpec, initialisation: InitialisationType): PlatformLines {
  const wanted = levels.indexOf((spec.logging.systemLevel ?? "INFO") as Level);
  const line = (level: Level, nowMs: number, type: string, record: PlatformRecord): string[] =>
    levels.indexOf(level) < wanted ? [] : [JSON.stringify({ time: new Date(nowMs).toISOString(), type: `platform.${type}`, record })];
  return {
    initStart: (nowMs) => line("INFO", nowMs, "initStart", initStartRecord(spec, initialisation, "init")),
    initDone: (nowMs, durationMs) =>
      initialisation === "on-demand"
        ? []
        : line("INFO", nowMs, "initReport", initReportRecord(initialisation, "init", durationMs, undefined)),
    initFailed: (nowMs, phase, durationMs, failure) =>
      line("WARN", nowMs, "initReport", initReportRecord(initialisation, phase, durationMs, failure)),
    restoreStart: (nowMs) => line("INFO", nowMs, "restoreStart", restoreStartRecord(spec)),
    restoreDone: (nowMs, durationMs, failure) => [
      ...line(failure === undefined ? "DEBUG" : "WARN", nowMs, "restoreRuntimeDone", restoreRuntimeDoneRecord(failure)),
      ...line(failure === undefined ? "INFO" : "WARN", nowMs, "restoreReport", restoreReportRecord(durationMs, failure)),
    ],
    extension: (nowMs, extension) => line("INFO", nowMs, "extension", extensionRecord(extension)),
    subscription: (nowMs, name, subscription) =>
      line("INFO", nowMs, `${subscription.api}Subscription`, subscriptionRecord(name, subscription)),
    start: (nowMs, requestId) => line("INFO", nowMs, "start", startRecord(spec, requestId)),
    end: (nowMs, report) => [
      ...line(report.failure === undefined ? "DEBUG" : "WARN", nowMs, "runtimeDone", runtimeDoneRecord(report)),
      ...line(report.failure === undefined ? "INFO" : "WARN", nowMs, "report", reportRecord(spec, report, initialisation)),
    ],
  };
}

import type { Clock } from "#kit/clock.ts";
import type { EnvironmentSpec } from "./contract.ts";
import type { ExtensionHost } from "./extensions/extension-host.ts";
import type { Failure } from "./failures.ts";
import type { InitialisationType } from "./initialisation.ts";
import type { Invocation } from "./invocation.ts";
import {
  extensionRecord,
  faultText,
  initReportRecord,
  initRuntimeDoneRecord,
  initStartRecord,
  reportRecord,
  restoreReportRecord,
  restoreRuntimeDoneRecord,
  restoreStartRecord,
  runtimeDoneRecord,
  spansOf,
  startRecord,
  subscriptionRecord,
  tracingOf,
  type InitPhase,
  type InvocationReport,
  type PlatformRecord,
  type Span,
} from "./platform-records.ts";
import type { Subscription } from "./telemetry/subscription.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";

/** Tells extensions what happens to an environment, if one of them listens; if none does, it costs a look. */
export class EnvironmentTelemetry {
  #spec: EnvironmentSpec;
  #initialisation: InitialisationType;
  #logStream: string;
  #clock: Clock;
  #telemetry: Telemetry | undefined;
  /** Monotonic; of the invocation that runs. */
  #sentAtMs = 0;
  #runtimeDoneAtMs: number | undefined;

  constructor(spec: EnvironmentSpec, initialisation: InitialisationType, logStream: string, clock: Clock) {
    this.#spec = spec;
    this.#initialisation = initialisation;
    this.#logStream = logStream;
    this.#clock = clock;
  }

  get isHeard(): boolean {
    return this.#telemetry?.isHeard ?? false;
  }

  /** From now on it is told to the extensions of this run, which begins. */
  follow({ telemetry }: ExtensionHost, phase: InitPhase): void {
    this.#telemetry = telemetry;
    this.#tell("initStart", () => ({ ...initStartRecord(this.#spec, this.#initialisation, phase), ...this.#instance }));
  }

  get #instance(): PlatformRecord {
    return { instanceId: this.#logStream, instanceMaxMemory: this.#spec.memoryMb };
  }

  restoreStarted(): void {
    this.#tell("restoreStart", () => ({ ...restoreStartRecord(this.#spec), ...this.#instance }));
  }

  restoreDone(durationMs: number, failure?: Failure): void {
    this.#tell("restoreRuntimeDone", () => restoreRuntimeDoneRecord(failure));
    this.#tell("restoreReport", () => restoreReportRecord(durationMs, failure));
  }

  initDone(phase: InitPhase, durationMs: number, { registry, telemetry }: ExtensionHost, failure?: Failure): void {
    this.#tell("initRuntimeDone", () => initRuntimeDoneRecord(this.#initialisation, phase, failure));
    for (const extension of registry.all) this.#tell("extension", () => extensionRecord(extension));
    this.#tell("initReport", () => initReportRecord(this.#initialisation, phase, durationMs, failure));
    telemetry.closeSubscriptions();
  }

  subscribed(extension: string, subscription: Subscription): void {
    this.#tell(`${subscription.api}Subscription`, () => subscriptionRecord(extension, subscription));
  }

  started({ request }: Invocation): void {
    this.#runtimeDoneAtMs = undefined;
    if (!this.isHeard) return;
    this.#sentAtMs = this.#clock.monotonicMs();
    this.#tell("start", () => ({ ...startRecord(this.#spec, request.requestId), ...tracingOf(this.#spec, request) }));
  }

  /** Once per invocation: later calls are of no effect. */
  runtimeDone(invocation: Invocation, failure?: Failure): void {
    if (!this.isHeard || this.#runtimeDoneAtMs !== undefined) return;
    const doneAtMs = this.#clock.monotonicMs();
    this.#runtimeDoneAtMs = doneAtMs;
    const { request, producedBytes, answeredAtMs } = invocation;
    const report = { requestId: request.requestId, durationMs: doneAtMs - this.#sentAtMs, producedBytes, failure };
    const spans = answeredAtMs === undefined || failure ? [] : this.#spansOfRuntime(answeredAtMs, doneAtMs);
    this.#tell("runtimeDone", () => ({ ...runtimeDoneRecord(report), ...tracingOf(this.#spec, request), ...spansOf(spans) }));
  }

  ended({ request }: Invocation, report: InvocationReport, hasExtensions: boolean): void {
    if (!this.isHeard) return;
    const { requestId } = report;
    const fault = faultText(this.#clock.now(), report);
    if (fault !== undefined) this.#tell("fault", () => fault);
    this.#tell("end", () => ({ requestId }));
    const since = this.#runtimeDoneAtMs;
    const spans: Span[] = hasExtensions && since !== undefined ? [this.#span("extensionOverhead", since, this.#clock.monotonicMs())] : [];
    this.#tell("report", () => ({
      ...reportRecord(this.#spec, report, this.#initialisation),
      ...tracingOf(this.#spec, request),
      ...spansOf(spans),
    }));
  }

  printed(type: "function" | "extension", timestampMs: number, line: string): void {
    if (this.isHeard) this.#telemetry?.tell({ timestampMs, type, record: line });
  }

  #spansOfRuntime(answeredAtMs: number, doneAtMs: number): Span[] {
    return [
      this.#span("responseLatency", this.#sentAtMs, answeredAtMs),
      this.#span("responseDuration", answeredAtMs, answeredAtMs),
      this.#span("runtimeOverhead", answeredAtMs, doneAtMs),
    ];
  }

  #span(name: Span["name"], fromMs: number, toMs: number): Span {
    const agoMs = this.#clock.monotonicMs() - fromMs;
    return { name, startMs: this.#clock.now() - agoMs, durationMs: toMs - fromMs };
  }

  #tell(name: string, record: () => PlatformRecord | string): void {
    if (this.isHeard) this.#telemetry?.tell({ timestampMs: this.#clock.now(), type: "platform", name, record: record() });
  }
}

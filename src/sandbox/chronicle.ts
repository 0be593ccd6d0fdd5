import type { LogStreamName } from "./contract.ts";
import { EnvironmentLog, type LogGate } from "./environment-log.ts";
import type { EnvironmentParts } from "./environment-parts.ts";
import { EnvironmentTelemetry } from "./environment-telemetry.ts";
import type { ExtensionHost } from "./extensions/extension-host.ts";
import type { Failure } from "./failures.ts";
import type { Invocation } from "./invocation.ts";
import { platformLines, type PlatformLines } from "./platform-lines.ts";
import type { InitPhase, InvocationReport } from "./platform-records.ts";
import type { Subscription } from "./telemetry/subscription.ts";

/** The clock of a runtime is believed when it is this close to ours: lines far apart could not be sent together. */
const believedClockSkewMs = 15 * 60 * 1000;

/** All that is recorded of one environment: what the function prints and what Lambda itself has to say, in its log and for extensions that listen. */
export class Chronicle {
  readonly telemetry: EnvironmentTelemetry;
  #parts: EnvironmentParts;
  #gate: LogGate;
  #lines: PlatformLines;
  #log: EnvironmentLog;

  constructor(parts: EnvironmentParts, gate: LogGate) {
    this.#parts = parts;
    this.#gate = gate;
    this.#lines = platformLines(parts.spec, parts.initialisation);
    this.#log = this.#logTo(parts.logStream);
    this.telemetry = new EnvironmentTelemetry(parts.spec, parts.initialisation, parts.logStream, parts.clock);
  }

  get isFull(): boolean {
    return this.#log.isFull;
  }

  /** See EnvironmentLog. */
  flush(): Promise<void> | undefined {
    return this.#log.flush();
  }

  initStarted(): void {
    this.#write(this.#lines.initStart(this.#nowMs));
  }

  initDone(phase: InitPhase, durationMs: number, extensions: ExtensionHost): void {
    this.#tellInit(phase, durationMs, extensions);
    // Within an invocation it is part of that.
    if (phase === "init") this.#write(this.#lines.initDone(this.#nowMs, durationMs));
  }

  initFailed(phase: InitPhase, durationMs: number, extensions: ExtensionHost, failure: Failure): void {
    this.#tellInit(phase, durationMs, extensions, failure);
    this.#write(this.#lines.initFailed(this.#nowMs, phase, durationMs, failure));
  }

  #tellInit(phase: InitPhase, durationMs: number, extensions: ExtensionHost, failure?: Failure): void {
    for (const extension of extensions.registry.all) this.#write(this.#lines.extension(this.#nowMs, extension));
    this.telemetry.initDone(phase, durationMs, extensions, failure);
  }

  /** What comes before, a snapshot's, has a stream of its own. Without a stream it stays in this one. */
  async restoreStarted(logStream: string | undefined): Promise<void> {
    await this.#log.flush();
    if (logStream !== undefined) this.#log = this.#logTo(logStream);
    this.#write(this.#lines.restoreStart(this.#nowMs));
    this.telemetry.restoreStarted();
  }

  restoreDone(durationMs: number, failure?: Failure): void {
    this.#write(this.#lines.restoreDone(this.#nowMs, durationMs, failure));
    this.telemetry.restoreDone(durationMs, failure);
  }

  /** Not flushed: the line leaves with the next one, which spares a write of its own. */
  invocationStarted({ request }: Invocation): void {
    if (request.tailLog) this.#log.startTail();
    for (const line of this.#lines.start(this.#nowMs, request.requestId)) this.#log.add(this.#nowMs, line);
  }

  /** The promise as in EnvironmentLog. */
  invocationEnded(invocation: Invocation, report: InvocationReport): Promise<void> | undefined {
    this.#write(this.#lines.end(this.#nowMs, report));
    if (invocation.request.tailLog) invocation.attachTail(this.#log.takeTail());
    return this.#log.flush();
  }

  /** One log event that came framed, with its time. */
  logged(timestampMs: number, message: string): void {
    const isBelieved = Math.abs(timestampMs - this.#nowMs) < believedClockSkewMs;
    const atMs = isBelieved ? timestampMs : this.#nowMs;
    this.#write([message], atMs);
    this.telemetry.printed("function", atMs, message);
  }

  printed(type: "function" | "extension", line: string): void {
    const nowMs = this.#nowMs;
    this.#log.add(nowMs, line);
    this.telemetry.printed(type, nowMs, line);
  }

  subscribed(extension: string, subscription: Subscription): void {
    this.#write(this.#lines.subscription(this.#nowMs, extension, subscription));
    this.telemetry.subscribed(extension, subscription);
  }

  get #nowMs(): number {
    return this.#parts.clock.now();
  }

  #logTo(stream: string): EnvironmentLog {
    const { spec, sink, log } = this.#parts;
    const { accountId, region, logging } = spec;
    const name: LogStreamName = { accountId, region, group: logging.group, stream };
    return new EnvironmentLog(sink, name, this.#gate, log);
  }

  #write(lines: readonly string[], timestampMs = this.#nowMs): void {
    for (const line of lines) this.#log.add(timestampMs, line);
    void this.#log.flush();
  }
}

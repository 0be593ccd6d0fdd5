/**
 * Sends spans on to another system by OTLP over HTTP. Best effort: what it cannot take, or not fast enough, is dropped and counted; X-Ray itself
 * has everything.
 */
import type { Clock, Timer } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { Loop } from "#wire/service.ts";
import type { StandingSegment } from "../segment.ts";
import type { Origin, Span } from "./spans.ts";

/** How long segments gather before they are sent. */
const gatherMs = 500;
const maximumWaiting = 4_096;
const maximumAtOnce = 512;
/** Of one request, its repetitions by the library included. */
const timeoutMs = 5_000;
const complainEveryMs = 60_000;

interface Waiting {
  origin: Origin;
  segment: StandingSegment;
}

interface Exporter {
  export(spans: Span[], done: (result: { code: number; error?: Error }) => void): void;
  shutdown(): Promise<void>;
}

export class SpanExport implements Loop {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #waiting: Waiting[] = [];
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #exporter: Promise<Exporter> | undefined;
  #droppedCount = 0;
  #complainedMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** Paths are as for `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/traces` is added. https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
  constructor(endpoint: string, { clock, log }: { clock: Clock; log: Log }) {
    this.#url = `${endpoint.replace(/\/+$/, "")}/v1/traces`;
    this.#clock = clock;
    this.#log = log;
  }

  /** Segments that were not sent. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  offer(origin: Origin, segments: readonly StandingSegment[]): void {
    if (this.#isStopped) return;
    for (const segment of segments) {
      if (this.#waiting.length >= maximumWaiting) this.#drop(1, new Error("the receiver is too slow"));
      else this.#waiting.push({ origin, segment });
    }
    if (this.#waiting.length > 0) this.#timer ??= this.#clock.after(gatherMs, () => this.#flush());
  }

  start(): AsyncDisposable {
    return {
      [Symbol.asyncDispose]: async () => {
        this.#isStopped = true;
        this.#flush();
        await this.#sending;
        await (await this.#exporter)?.shutdown();
      },
    };
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined));
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, maximumAtOnce);
      await this.#send(batch).catch((error: unknown) => {
        // Nobody waits for a receiver that is away when we are to stop.
        const rest = this.#isStopped ? this.#waiting.splice(0).length : 0;
        this.#drop(batch.length + rest, error as Error);
      });
    }
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    this.#exporter ??= this.#openExporter();
    const [exporter, { resourceFromAttributes }, { spansOf }] = await Promise.all([
      this.#exporter,
      import("@opentelemetry/resources"),
      import("./spans.ts"),
    ]);
    const spans = batch.flatMap(({ segment, origin }) => spansOf(segment, origin, resourceFromAttributes));
    if (spans.length === 0) return;
    await new Promise<void>((resolve, reject) =>
      exporter.export(spans, ({ code, error }) => (code === 0 ? resolve() : reject(error ?? new Error("the receiver refused")))),
    );
  }

  async #openExporter(): Promise<Exporter> {
    const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http");
    return new OTLPTraceExporter({ url: this.#url, timeoutMillis: timeoutMs });
  }

  #drop(count: number, error: Error): void {
    this.#droppedCount += count;
    const nowMs = this.#clock.now();
    if (nowMs - this.#complainedMs < complainEveryMs) return;
    this.#complainedMs = nowMs;
    this.#log.warn("spans could not be sent", { to: this.#url, droppedSoFar: this.#droppedCount, error });
  }
}

/**
 * Log lines on their way from the sandbox to CloudWatch Logs: gathered per stream for a moment, then sent as one PutLogEvents. A stream
 * that fills faster than it drains makes its function wait, and only that function.
 */
import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { LogLine, LogSink, LogStreamName } from "#sandbox/contract.ts";
import { type CallOptions, type Calls, type CallsOf, callsOf } from "#wire/calls.ts";
import { AwsError } from "#wire/errors.ts";
import { servicePrincipal } from "#wire/principal.ts";

/** How long lines gather before they are sent. Followers of a log see them that much later. */
const gatherMs = 100;

/** Above this a stream's writer is made to wait. */
const highWaterBytes = 1_048_576;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const maximumBatchBytes = 1_048_576;
const maximumBatchEvents = 10_000;
const maximumBatchSpanMs = 24 * 60 * 60 * 1000;
const eventOverheadBytes = 26;

interface Gathering {
  stream: LogStreamName;
  lines: LogLine[];
  bytes: number;
  /** Settles when what is gathered now has been sent; absent when nothing is. */
  sent: Promise<void> | undefined;
  /** The batches before, one after the other. */
  sending: Promise<void>;
}

export class FunctionLogs implements LogSink {
  readonly #logs: Pick<CallsOf<CloudWatchLogs>, "putLogEvents" | "createLogGroup" | "createLogStream">;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #streams = new Map<LogStreamName, Gathering>();
  /** Streams that were there, or were made. */
  readonly #known = new WeakSet<LogStreamName>();

  constructor(calls: Calls, clock: Clock, log: Log) {
    this.#logs = callsOf<CloudWatchLogs>(calls, "logs");
    this.#clock = clock;
    this.#log = log;
  }

  write(stream: LogStreamName, lines: readonly LogLine[]): Promise<void> | undefined {
    let gathering = this.#streams.get(stream);
    if (gathering === undefined) {
      gathering = { stream, lines: [], bytes: 0, sent: undefined, sending: Promise.resolve() };
      this.#streams.set(stream, gathering);
    }
    for (const line of lines) {
      if (line.message === "") continue;
      gathering.lines.push(line);
      gathering.bytes += Buffer.byteLength(line.message) + eventOverheadBytes;
    }
    gathering.sent ??= this.#sendSoon(gathering);
    return gathering.bytes < highWaterBytes ? undefined : gathering.sent;
  }

  /** Sends everything that has been gathered. */
  async flush(): Promise<void> {
    while (this.#streams.size > 0) await Promise.all([...this.#streams.values()].map((gathering) => this.#sendAll(gathering)));
  }

  async #sendSoon(gathering: Gathering): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.after(gatherMs, resolve));
    await this.#sendAll(gathering);
  }

  async #sendAll(gathering: Gathering): Promise<void> {
    const { stream, lines, bytes } = gathering;
    gathering.lines = [];
    gathering.bytes = 0;
    gathering.sent = undefined;
    gathering.sending = gathering.sending.then(() => this.#putAll(stream, lines, bytes));
    await gathering.sending;
    // Meanwhile another one may have taken its place, which is not done.
    const isDone = gathering.lines.length === 0 && gathering.sent === undefined;
    if (isDone && this.#streams.get(stream) === gathering) this.#streams.delete(stream);
  }

  async #putAll(stream: LogStreamName, lines: readonly LogLine[], bytes: number): Promise<void> {
    for (const batch of batches(lines, bytes)) await this.#putOrHalve(stream, batch);
  }

  /** A batch is refused as a whole: what one line in it is refused for shall not take the others along. */
  async #putOrHalve(stream: LogStreamName, batch: readonly LogLine[]): Promise<void> {
    try {
      await this.#put(stream, batch);
    } catch (error) {
      const isRefused = isError(error, "InvalidParameterException");
      if (isRefused && batch.length > 1) {
        const half = Math.ceil(batch.length / 2);
        await this.#putOrHalve(stream, batch.slice(0, half));
        await this.#putOrHalve(stream, batch.slice(half));
      } else this.#log.error("log lines of a function were lost", { group: stream.group, lines: batch.length, error });
    }
  }

  /** Group and stream are made when the first line needs them, as on AWS. */
  async #put(stream: LogStreamName, lines: readonly LogLine[]): Promise<void> {
    const options = optionsFor(stream);
    const events = {
      logGroupName: stream.group,
      logStreamName: stream.stream,
      logEvents: lines.map(({ timestampMs, message }) => ({ timestamp: Math.floor(timestampMs), message })),
    };
    if (!this.#known.has(stream)) await this.#make(stream);
    try {
      await this.#logs.putLogEvents(events, options);
    } catch (error) {
      // Somebody has deleted it.
      if (!isError(error, "ResourceNotFoundException")) throw error;
      await this.#make(stream);
      await this.#logs.putLogEvents(events, options);
    }
  }

  /** The group is mostly there. */
  async #make(stream: LogStreamName): Promise<void> {
    const options = optionsFor(stream);
    const names = { logGroupName: stream.group, logStreamName: stream.stream };
    try {
      await unlessExists(this.#logs.createLogStream(names, options));
    } catch (error) {
      if (!isError(error, "ResourceNotFoundException")) throw error;
      await unlessExists(this.#logs.createLogGroup({ logGroupName: stream.group }, options));
      await unlessExists(this.#logs.createLogStream(names, options));
    }
    this.#known.add(stream);
  }
}

const optionsFor = ({ accountId, region }: LogStreamName): CallOptions => ({
  as: servicePrincipal("lambda.amazonaws.com", accountId),
  region,
});

const isError = (error: unknown, code: string): boolean => error instanceof AwsError && error.code === code;

async function unlessExists(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!isError(error, "ResourceAlreadyExistsException")) throw error;
  }
}

/** Cuts lines, of `totalBytes` together, into what one PutLogEvents takes each, in the order of their times. */
function* batches(lines: readonly LogLine[], totalBytes: number): Generator<readonly LogLine[]> {
  const ordered = lines.toSorted((a, b) => a.timestampMs - b.timestampMs);
  if (ordered.length === 0) return;
  const spanMs = ordered.at(-1)!.timestampMs - ordered[0]!.timestampMs;
  if (ordered.length <= maximumBatchEvents && totalBytes <= maximumBatchBytes && spanMs < maximumBatchSpanMs) return yield ordered;
  let batch: LogLine[] = [];
  let bytes = 0;
  for (const line of ordered) {
    const size = Buffer.byteLength(line.message) + eventOverheadBytes;
    const [first] = batch;
    const isWithinSpan = first === undefined || line.timestampMs - first.timestampMs < maximumBatchSpanMs;
    if (first && (batch.length === maximumBatchEvents || bytes + size > maximumBatchBytes || !isWithinSpan)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(line);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

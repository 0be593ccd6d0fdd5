import type { Log } from "#kit/log.ts";
import type { LogLine, LogSink, LogStreamName } from "./contract.ts";

/** From here on the function's output is not read any further, until the sink has taken what waits. */
const fullBytes = 1024 * 1024;
/** What a line costs besides its text; CloudWatch Logs counts as much. */
const lineOverheadBytes = 26;
/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html: LogResult is the last 4 KB. */
const tailBytes = 4096;

export interface LogGate {
  /** Too much waits: stop reading. */
  onFull(): void;
  onRoom(): void;
}

/** Lines that were handed over, and what the sink is waiting for before it takes more. */
interface Blocked {
  untilRoom: Promise<void>;
  lineCount: number;
  sizeBytes: number;
}

/** The log stream of one environment: hands lines to the sink in batches, one write at a time, and keeps the tail if asked to. */
export class EnvironmentLog {
  #sink: LogSink;
  #stream: LogStreamName;
  #gate: LogGate;
  #diagnostics: Log;
  #waiting: LogLine[] = [];
  #waitingBytes = 0;
  #isFull = false;
  #draining: Promise<void> | undefined;
  #tail: string[] | undefined;
  #tailLength = 0;

  constructor(sink: LogSink, stream: LogStreamName, gate: LogGate, diagnostics: Log) {
    this.#sink = sink;
    this.#stream = stream;
    this.#gate = gate;
    this.#diagnostics = diagnostics;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Takes a line; `flush` sends it on its way. CloudWatch Logs takes no empty ones, so they go no further than this. */
  add(timestampMs: number, message: string): void {
    if (message === "") return;
    this.#waiting.push({ timestampMs, message });
    if (this.#tail) this.#keepTail(this.#tail, message);
    this.#count(message.length + lineOverheadBytes);
  }

  /** Hands all lines to the sink. If it has no room for them, the promise resolves when it has taken the last. */
  flush(): Promise<void> | undefined {
    if (this.#draining) return this.#draining;
    const blocked = this.#writeWaiting();
    if (blocked) this.#draining = this.#drain(blocked);
    return this.#draining;
  }

  /** From now on lines are kept for `takeTail`. */
  startTail(): void {
    this.#tail = [];
    this.#tailLength = 0;
  }

  takeTail(): Buffer {
    const text = (this.#tail ?? []).map((message) => `${message}\n`).join("");
    this.#tail = undefined;
    return Buffer.from(text).subarray(-tailBytes);
  }

  /** Lines that cannot be in the tail any more are let go: a function may write without end. */
  #keepTail(tail: string[], message: string): void {
    tail.push(message);
    this.#tailLength += message.length + 1;
    // A character takes one byte at least, and so does the line's end.
    while (this.#tailLength - tail[0]!.length - 1 >= tailBytes) this.#tailLength -= tail.shift()!.length + 1;
  }

  /** Writes what waits, until the sink has no room. */
  #writeWaiting(): Blocked | undefined {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      const sizeBytes = this.#waitingBytes;
      const untilRoom = this.#sink.write(this.#stream, lines);
      if (untilRoom) return { untilRoom, lineCount: lines.length, sizeBytes };
      this.#count(-sizeBytes);
    }
    return undefined;
  }

  async #drain(blocked: Blocked): Promise<void> {
    for (let next: Blocked | undefined = blocked; next; next = this.#writeWaiting()) {
      try {
        await next.untilRoom;
      } catch (error) {
        this.#diagnostics.error("log lines of a function were lost", { stream: this.#stream.stream, lines: next.lineCount, error });
      }
      this.#count(-next.sizeBytes);
    }
    this.#draining = undefined;
  }

  #count(bytes: number): void {
    this.#waitingBytes += bytes;
    if (!this.#isFull && this.#waitingBytes > fullBytes) {
      this.#isFull = true;
      this.#gate.onFull();
    } else if (this.#isFull && this.#waitingBytes <= fullBytes / 2) {
      this.#isFull = false;
      this.#gate.onRoom();
    }
  }
}

/**
 * A small HTTP/1.1 load generator: the same bytes over N connections, one request at a time on each. On a machine of few cores it takes from what it measures,
 * so that it does little per answer: a server's answers to one request look alike, and where the length stood in the last one is where it is looked for in the next.
 */
import { connect, type Socket } from "node:net";

export interface Load {
  /** Requests per second over the measured time. */
  perSecond: number;
  /** All, those of the warm-up included. */
  requestCount: number;
  p50Ms: number;
  p99Ms: number;
}

/** How long an answer may take. */
const patienceMs = 20_000;
/** Of one connection. Larger answers come in pieces, which is slower. */
const receivedBytes = 64 * 1024;

const headEnd = Buffer.from("\r\n\r\n");
const success = Buffer.from("HTTP/1.1 20");

/** Sends `request` over `connections` for `seconds` after a second's warm-up. Rejects when an answer is no success. */
export async function measureLoad(port: number, request: Buffer, connections: number, seconds: number, warmUpSeconds = 1): Promise<Load> {
  const latencies: number[] = [];
  let requestCount = 0;
  const warmUntil = performance.now() + warmUpSeconds * 1_000;
  const endAt = warmUntil + seconds * 1_000;
  const goesOn = (startedMs: number, nowMs: number): boolean => {
    requestCount++;
    if (startedMs >= warmUntil) latencies.push(nowMs - startedMs);
    return nowMs < endAt;
  };
  const drivers = Array.from({ length: connections }, () => new Connection(port, request, goesOn));
  const impatience = setInterval(() => drivers.forEach((driver) => driver.check()), patienceMs / 20);
  try {
    await Promise.all(drivers.map((driver) => driver.over));
  } finally {
    clearInterval(impatience);
    for (const driver of drivers) driver.close();
  }
  latencies.sort((a, b) => a - b);
  const at = (fraction: number): number => latencies[Math.floor(latencies.length * fraction)] ?? Number.NaN;
  return { perSecond: latencies.length / seconds, requestCount, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** One request after the other; anew on another connection where the server ends each after its answer. */
class Connection {
  /** Resolves when it does not go on; rejects when it cannot. */
  readonly over: Promise<void>;
  readonly #port: number;
  readonly #request: Buffer;
  readonly #goesOn: (startedMs: number, nowMs: number) => boolean;
  readonly #received = Buffer.allocUnsafe(receivedBytes);
  readonly #end: { resolve: () => void; reject: (error: Error) => void };
  #socket: Socket | undefined;
  /** Pieces of an answer that did not come at once. */
  #pieces: Buffer[] = [];
  #shape: Shape | undefined;
  #startedMs = 0;
  #isAnswered = false;
  #isOver = false;

  constructor(port: number, request: Buffer, goesOn: (startedMs: number, nowMs: number) => boolean) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.over = promise;
    this.#end = { resolve, reject };
    this.#port = port;
    this.#request = request;
    this.#goesOn = goesOn;
    this.#open();
  }

  check(): void {
    if (performance.now() - this.#startedMs > patienceMs) this.#fail(new Error("the server does not answer"));
  }

  close(): void {
    this.#isOver = true;
    this.#socket?.destroy();
  }

  #open(): void {
    this.#startedMs = performance.now();
    const onread = { buffer: this.#received, callback: (size: number) => this.#take(size) };
    const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true, onread });
    let hasSent = false;
    this.#socket = socket;
    socket
      .once("connect", () => {
        hasSent = true;
        this.#send();
      })
      .on("error", (error) => {
        // What was sent to a server that had ended the connection by then is sent again.
        if (!hasSent || !this.#isAnswered) this.#fail(error);
      })
      .once("close", () => {
        if (this.#isOver) return;
        if (this.#isAnswered) this.#open();
        else this.#fail(new Error("the server ended a connection without an answer"));
      });
  }

  #send(): void {
    this.#isAnswered = false;
    this.#startedMs = performance.now();
    this.#socket!.write(this.#request);
  }

  #take(size: number): boolean {
    const piece = this.#received.subarray(0, size);
    const whole = this.#pieces.length === 0 ? piece : Buffer.concat([...this.#pieces, piece]);
    if (this.#shape === undefined || !isOfShape(whole, this.#shape)) {
      const shape = shapeOf(whole);
      if (shape === undefined) {
        this.#pieces.push(Buffer.from(piece));
        return true;
      }
      this.#shape = shape;
    }
    if (this.#pieces.length > 0) this.#pieces = [];
    this.#answered(whole, this.#shape.isLast);
    return true;
  }

  #answered(answer: Buffer, isLast: boolean): void {
    this.#isAnswered = true;
    if (success.compare(answer, 0, success.length) !== 0) {
      this.#fail(new Error(`the server answered ${answer.toString("latin1", 0, 2_000)}`));
    } else if (!this.#goesOn(this.#startedMs, performance.now())) {
      this.#end.resolve();
      this.close();
    } else if (isLast) this.#socket!.end();
    else this.#send();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#end.reject(error);
    this.close();
  }
}

/** What answers to one request have in common. */
interface Shape {
  sizeBytes: number;
  /** Where the head ends, from its empty line on. */
  headAt: number;
  /** Where the value of Content-Length is, and what it says. */
  lengthAt: number;
  length: Buffer;
  /** The server ends the connection after it. */
  isLast: boolean;
}

/** Of one whole answer; undefined as long as it is not. */
export function shapeOf(received: Buffer): Shape | undefined {
  const headAt = received.indexOf(headEnd);
  if (headAt < 0) return undefined;
  const head = received.toString("latin1", 0, headAt);
  const [line = "", length = "0"] = /\ncontent-length: (\d+)/i.exec(head) ?? [];
  const sizeBytes = headAt + headEnd.length + Number(length);
  if (received.length < sizeBytes) return undefined;
  const lengthAt = line === "" ? headAt : head.indexOf(line) + line.length - length.length;
  return {
    sizeBytes,
    headAt,
    lengthAt,
    length: Buffer.from(received.subarray(lengthAt, lengthAt + length.length)),
    isLast: /^connection: close/im.test(head),
  };
}

function isOfShape(received: Buffer, { sizeBytes, headAt, lengthAt, length }: Shape): boolean {
  return (
    received.length === sizeBytes &&
    headEnd.compare(received, headAt, headAt + headEnd.length) === 0 &&
    length.compare(received, lengthAt, lengthAt + length.length) === 0
  );
}

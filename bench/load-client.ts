/**
 * A small HTTP/1.1 load generator: the same bytes over N connections, one request at a time on each. On a machine of few cores it takes from what it measures,
 * so that it does little per answer, and the same for every server: a server's answers to one request look alike, and where the length stood in the last one is where it is looked for in the next.
 */
import { connect, type Socket } from "node:net";

export interface Load {
  /** Requests per second over the measured time. */
  perSecond: number;
  /** All, those of the warm-up included. */
  requestCount: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of the client itself per request, in microseconds: it is on the same machine. */
  clientCpuUs: number;
}

/** How long an answer may take: sixty-four containers that are started at once take their time. */
const patienceMs = 60_000;
/** Of one connection. Larger answers come in pieces, which is slower. */
const receivedBytes = 64 * 1024;

const headEnd = Buffer.from("\r\n\r\n");
const success = Buffer.from("HTTP/1.1 20");

/** Connections that stay open, over which the same request is sent as often as answers come: for one slice of time after the other. */
export class LoadClient {
  readonly #connections: Connection[];

  constructor(port: number, request: Buffer, connections: number) {
    this.#connections = Array.from({ length: connections }, () => new Connection(port, request));
  }

  /** Sends for `seconds`, after a warm-up that is not measured. All answers are here when it resolves; it rejects when one is no success. */
  async run(seconds: number, warmUpSeconds: number): Promise<Load> {
    const latencies: number[] = [];
    let requestCount = 0;
    const cpuBefore = process.threadCpuUsage();
    const warmUntil = performance.now() + warmUpSeconds * 1_000;
    const endAt = warmUntil + seconds * 1_000;
    const goesOn = (startedMs: number, nowMs: number): boolean => {
      requestCount++;
      if (startedMs >= warmUntil) latencies.push(nowMs - startedMs);
      return nowMs < endAt;
    };
    const impatience = setInterval(() => this.#connections.forEach((connection) => connection.check()), patienceMs / 20);
    try {
      await Promise.all(this.#connections.map((connection) => connection.run(goesOn)));
    } catch (error) {
      this.close();
      throw error;
    } finally {
      clearInterval(impatience);
    }
    const { user, system } = process.threadCpuUsage(cpuBefore);
    latencies.sort((a, b) => a - b);
    const at = (fraction: number): number => latencies[Math.floor(latencies.length * fraction)] ?? Number.NaN;
    const clientCpuUs = (user + system) / requestCount;
    return { perSecond: latencies.length / seconds, requestCount, p50Ms: at(0.5), p99Ms: at(0.99), clientCpuUs };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

/** One slice over connections of its own. */
export async function measureLoad(port: number, request: Buffer, connections: number, seconds: number, warmUpSeconds = 1): Promise<Load> {
  const client = new LoadClient(port, request, connections);
  try {
    return await client.run(seconds, warmUpSeconds);
  } finally {
    client.close();
  }
}

/** What is asked of a connection for one slice. */
interface Turn {
  goesOn: (startedMs: number, nowMs: number) => boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** One request after the other; anew on another connection where the server ends each after its answer, or has ended it while it was at rest. */
class Connection {
  readonly #port: number;
  readonly #request: Buffer;
  readonly #received = Buffer.allocUnsafe(receivedBytes);
  #turn: Turn | undefined;
  #socket: Socket | undefined;
  /** Pieces of an answer that did not come at once. */
  #pieces: Buffer[] = [];
  #shape: Shape | undefined;
  #startedMs = 0;
  #isAnswered = false;
  /** It was at rest, and nothing has come since: the server may have ended it meanwhile. */
  #isDoubtful = false;
  #failure: Error | undefined;

  constructor(port: number, request: Buffer) {
    this.#port = port;
    this.#request = request;
  }

  /** Resolves when it is not to go on; rejects when it cannot. */
  run(goesOn: Turn["goesOn"]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#turn = { goesOn, resolve, reject };
    this.#startedMs = performance.now();
    if (this.#socket === undefined) {
      this.#open();
    } else {
      this.#isDoubtful = true;
      this.#send(this.#startedMs);
    }
    return promise;
  }

  check(): void {
    if (performance.now() - this.#startedMs > patienceMs) this.#fail(new Error("the server does not answer"));
  }

  close(): void {
    this.#turn = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): void {
    this.#isDoubtful = false;
    this.#isAnswered = false;
    this.#failure = undefined;
    this.#pieces = [];
    const onread = { buffer: this.#received, callback: (size: number) => this.#take(size) };
    const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true, onread });
    this.#socket = socket;
    socket
      .once("connect", () => this.#send(performance.now()))
      .on("error", (error) => (this.#failure = error))
      .once("close", () => this.#closed(socket));
  }

  #closed(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    if (this.#turn === undefined) return;
    if (this.#isAnswered || this.#isDoubtful) this.#open();
    else this.#fail(this.#failure ?? new Error("the server ended a connection without an answer"));
  }

  #send(nowMs: number): void {
    this.#isAnswered = false;
    this.#startedMs = nowMs;
    this.#socket?.write(this.#request);
  }

  #take(size: number): boolean {
    this.#isDoubtful = false;
    if (this.#pieces.length === 0 && this.#shape !== undefined && isOfShape(this.#received, size, this.#shape)) {
      this.#answered(this.#received, this.#shape);
      return true;
    }
    const whole = Buffer.concat([...this.#pieces, this.#received.subarray(0, size)]);
    this.#shape = shapeOf(whole);
    if (this.#shape === undefined) {
      this.#pieces = [whole];
    } else {
      this.#pieces = [];
      this.#answered(whole, this.#shape);
    }
    return true;
  }

  #answered(answer: Buffer, { isLast, sizeBytes }: Shape): void {
    if (this.#turn === undefined) return;
    this.#isAnswered = true;
    const nowMs = performance.now();
    if (success.compare(answer, 0, success.length) !== 0) {
      this.#fail(new Error(`the server answered ${answer.toString("latin1", 0, Math.min(sizeBytes, 2_000))}`));
    } else if (!this.#turn.goesOn(this.#startedMs, nowMs)) {
      if (isLast) this.#socket?.end();
      const { resolve } = this.#turn;
      this.#turn = undefined;
      resolve();
    } else if (isLast) this.#socket?.end();
    else this.#send(nowMs);
  }

  #fail(error: Error): void {
    this.#turn?.reject(error);
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

/** Of the first bytes of a buffer, whether they are one whole answer like the last one. */
function isOfShape(received: Buffer, size: number, { sizeBytes, headAt, lengthAt, length }: Shape): boolean {
  return (
    size === sizeBytes &&
    headEnd.compare(received, headAt, headAt + headEnd.length) === 0 &&
    length.compare(received, lengthAt, lengthAt + length.length) === 0
  );
}

/** A small HTTP/1.1 load generator: the same bytes over N connections, one request at a time on each. Cheap, so that it measures the server. */
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

const headEnd = Buffer.from("\r\n\r\n");

/** Sends `request` over `connections` for `seconds` after a second's warm-up. Rejects when an answer is no success. */
export async function measureLoad(port: number, request: Buffer, connections: number, seconds: number, warmUpSeconds = 1): Promise<Load> {
  const latencies: number[] = [];
  let requestCount = 0;
  const warmUntil = performance.now() + warmUpSeconds * 1_000;
  const endAt = warmUntil + seconds * 1_000;
  const sample = (startedMs: number, nowMs: number): void => {
    requestCount++;
    if (startedMs >= warmUntil) latencies.push(nowMs - startedMs);
  };
  await Promise.all(Array.from({ length: connections }, () => drive(port, request, endAt, sample)));
  latencies.sort((a, b) => a - b);
  const at = (fraction: number): number => latencies[Math.floor(latencies.length * fraction)] ?? Number.NaN;
  return { perSecond: latencies.length / seconds, requestCount, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** One request after the other; anew on another connection where the server ends each after its answer. */
function drive(port: number, request: Buffer, endAt: number, sample: (startedMs: number, nowMs: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = (error?: Error): void => {
      isOver = true;
      if (error) reject(error);
      else resolve();
    };
    const open = (): void => {
      const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
      let received: Buffer = Buffer.alloc(0);
      let startedMs = 0;
      let isAnswered = false;
      const send = (): void => {
        startedMs = performance.now();
        isAnswered = false;
        socket.write(request);
      };
      socket.on("connect", send).on("error", (error) => {
        // What was sent to a server that had ended the connection by then is sent again.
        if (startedMs === 0 || !isAnswered) end(error);
      });
      socket.on("close", () => {
        if (isOver) return;
        if (isAnswered) open();
        else end(new Error("the server ended a connection without an answer"));
      });
      socket.setTimeout(patienceMs, () => socket.destroy(new Error("the server does not answer")));
      socket.on("data", (chunk: Buffer) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        const answer = wholeAnswer(received);
        if (answer === undefined) return;
        received = Buffer.alloc(0);
        isAnswered = true;
        const nowMs = performance.now();
        if (!/^HTTP\/1\.[01] 20/.test(answer)) end(new Error(`the server answered ${answer}`));
        else {
          sample(startedMs, nowMs);
          if (nowMs >= endAt) end();
          else if (/^connection: close/im.test(answer)) socket.end();
          else send();
        }
        if (isOver) socket.destroy();
      });
    };
    open();
  });
}

/** Head and body as text, or the first two thousand bytes of them, once all of it is there. */
export function wholeAnswer(received: Buffer): string | undefined {
  const end = received.indexOf(headEnd);
  if (end < 0) return undefined;
  const length = Number(/content-length: (\d+)/i.exec(received.toString("latin1", 0, end))?.[1] ?? 0);
  return received.length < end + headEnd.length + length ? undefined : received.toString("latin1", 0, 2_000);
}

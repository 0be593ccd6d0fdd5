/** Requests that are held until a moment that all of them name: as many executions are concurrent. */
import { connect } from "node:net";
import { shapeOf } from "./load-client.ts";

export interface Held {
  /** When its function began, in epoch milliseconds; undefined if it was refused, or nobody answered. */
  startedMs: number | undefined;
  /** Empty if it was not. */
  refusal: string;
}

/** One request on a connection of its own. Resolves in any case, with a refusal after so long at the latest. */
export function hold(port: number, request: Buffer, limitMs: number): Promise<Held> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const pieces: Buffer[] = [];
    const settle = (held: Held): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(held);
    };
    const refuse = (refusal: string): void => settle({ startedMs: undefined, refusal });
    const limit = setTimeout(() => refuse("no answer"), limitMs);
    socket.on("connect", () => socket.write(request));
    socket.on("error", ({ message }) => refuse(message)).on("close", () => refuse("the connection was closed"));
    socket.on("data", (chunk: Buffer) => {
      pieces.push(chunk);
      const received = Buffer.concat(pieces);
      if (shapeOf(received) !== undefined) settle(heldBy(received.toString("latin1")));
    });
  });
}

function heldBy(answer: string): Held {
  const startedMs = /"startedMs": ?([\d.]+)/.exec(answer)?.[1];
  if (startedMs !== undefined) return { startedMs: Number(startedMs), refusal: "" };
  return { startedMs: undefined, refusal: answer.split("\r\n", 1)[0] as string };
}

/** `503 Service Unavailable (12), no answer (1)`: refusals by frequency. */
export function countRefusals(all: readonly Held[]): { count: number; reasons: string } {
  const counts = new Map<string, number>();
  for (const { refusal } of all) if (refusal !== "") counts.set(refusal, (counts.get(refusal) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return {
    count: sorted.reduce((sum, [, count]) => sum + count, 0),
    reasons: sorted.map(([reason, count]) => `${reason.replace(/^HTTP\/1\.1 /, "")} (${count})`).join(", "),
  };
}

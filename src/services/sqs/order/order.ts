/** In which order a queue gives away what is ready: one implementation for each type of queue. All of it is in memory and synchronous. */
import type { Entry } from "./entry.ts";

export interface Order {
  /** How many are ready, whether they may be received now or not. */
  readonly readyCount: number;
  /** Adds one that is ready: a new one, or one that comes back. */
  add(entry: Entry): void;
  /** The next ones, up to `limit`; they are the caller's until he says `add` or `release`. */
  take(limit: number, nowMs: number): Entry[];
  /** One that was taken will not come back. */
  release(entry: Entry): void;
  /** Would `take` give something? */
  hasNext(nowMs: number): boolean;
  /** Takes out one that is ready, as if it had been taken. */
  pick(entry: Entry): void;
  /** Could a message that is still on disk be received before any of these? */
  wantsMore(wanted: number): boolean;
  /** When something becomes receivable by the passing of time alone. */
  nextMs(nowMs: number): number | undefined;
}

/**
 * How many invocations run: a function with a reservation has that many places for itself, all others share what the account has left.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
import { type Eventual, whenKnown } from "#kit/eventual.ts";
import { throttled } from "../errors.ts";
import { type FunctionId, functionArn, type Scope } from "../function-name.ts";
import { latestVersion } from "../function-version.ts";
import { accountConcurrentExecutions } from "../limits.ts";
import type { Satellite } from "./satellite.ts";
import { pick, type SatelliteStore } from "../store/satellites.ts";

type Reservations = ReadonlyArray<Satellite<"reserved-concurrency">>;

export class Admission {
  readonly #satellites: Pick<SatelliteStore, "of" | "inAccount">;
  /** Invocations that run now, by function or account. */
  readonly #running = new Map<string, number>();
  /** The store hands out the same list until a reservation changes. */
  readonly #unreserved = new WeakMap<Reservations, number>();

  constructor(satellites: Pick<SatelliteStore, "of" | "inAccount">) {
    this.#satellites = satellites;
  }

  /** Runs an invocation in one of the places of its function. Rejects with TooManyRequestsException if all are taken. */
  async run<T>(id: FunctionId, invoke: () => Promise<T>): Promise<T> {
    const reservation = this.reservedFor(id);
    const reserved = reservation instanceof Promise ? await reservation : reservation;
    const key = reserved === undefined ? `${id.accountId} ${id.region}` : functionArn(id);
    const found = reserved ?? this.#unreservedIn(id);
    const places = found instanceof Promise ? await found : found;
    const running = this.#running.get(key) ?? 0;
    if (running >= places)
      throw throttled(reserved === undefined ? "ConcurrentInvocationLimitExceeded" : "ReservedFunctionConcurrentInvocationLimitExceeded");
    this.#running.set(key, running + 1);
    try {
      return await invoke();
    } finally {
      this.#leave(key);
    }
  }

  /** The places a function has for itself; undefined if it has no reservation. */
  reservedFor(id: FunctionId): Eventual<number | undefined> {
    return whenKnown(this.#satellites.of(id), (found) => pick(found, "reserved-concurrency", latestVersion)?.executions);
  }

  #unreservedIn(scope: Scope): Eventual<number> {
    return whenKnown(this.#satellites.inAccount("reserved-concurrency", scope), (reservations) => {
      let places = this.#unreserved.get(reservations);
      if (places === undefined) {
        places = accountConcurrentExecutions - reservations.reduce((sum, { content }) => sum + content.executions, 0);
        this.#unreserved.set(reservations, places);
      }
      return places;
    });
  }

  #leave(key: string): void {
    const left = this.#running.get(key)! - 1;
    if (left === 0) this.#running.delete(key);
    else this.#running.set(key, left);
  }
}

/**
 * How many invocations run: a function with a reservation has that many places for itself; one with provisioned concurrency as many as it has
 * environments ready, and beyond them it shares, as all others do, what the account has left.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
import { type Eventual, whenKnown } from "#kit/eventual.ts";
import { throttled } from "../errors.ts";
import { type FunctionId, functionArn, type Scope } from "../function-name.ts";
import { type FunctionVersion, latestVersion } from "../function-version.ts";
import { pick, type SatelliteStore } from "../store/satellites.ts";
import { type Provisions, type Reservations, unclaimed } from "./concurrency.ts";

type AdmittedVersion = FunctionId & Pick<FunctionVersion, "environmentKey">;

export class Admission {
  readonly #satellites: Pick<SatelliteStore, "of" | "inAccount">;
  readonly #readyCount: (version: AdmittedVersion) => number;
  /** Invocations that run now, by function, version or account. */
  readonly #running = new Map<string, number>();
  /** The store hands out the same lists until something changes. */
  readonly #unclaimed = new WeakMap<Reservations, { provisions: Provisions; places: number }>();

  /** `readyCount`: how many environments of a version are ready because they were provisioned. */
  constructor(satellites: Pick<SatelliteStore, "of" | "inAccount">, readyCount: (version: AdmittedVersion) => number) {
    this.#satellites = satellites;
    this.#readyCount = readyCount;
  }

  /** Runs an invocation in one of the places of its function. Rejects with TooManyRequestsException if all are taken. */
  async run<T>(version: AdmittedVersion, invoke: () => Promise<T>): Promise<T> {
    const found = this.#placeFor(version);
    const key = found instanceof Promise ? await found : found;
    this.#running.set(key, this.#runningIn(key) + 1);
    try {
      return await invoke();
    } finally {
      this.#leave(key);
    }
  }

  /** What the invocation is counted under. Throws if all places are taken. */
  #placeFor(version: AdmittedVersion): Eventual<string> {
    return whenKnown(this.reservedFor(version), (reserved) => {
      if (reserved !== undefined) {
        const arn = functionArn(version);
        if (this.#runningIn(arn) >= reserved) throw throttled("ReservedFunctionConcurrentInvocationLimitExceeded");
        return arn;
      }
      if (this.#runningIn(version.environmentKey) < this.#readyCount(version)) return version.environmentKey;
      return whenKnown(this.#unclaimedIn(version), (places) => {
        const account = `${version.accountId} ${version.region}`;
        if (this.#runningIn(account) >= places) throw throttled("ConcurrentInvocationLimitExceeded");
        return account;
      });
    });
  }

  /** The places a function has for itself; undefined if it has no reservation. */
  reservedFor(id: FunctionId): Eventual<number | undefined> {
    return whenKnown(this.#satellites.of(id), (found) => pick(found, "reserved-concurrency", latestVersion)?.executions);
  }

  #unclaimedIn(scope: Scope): Eventual<number> {
    return whenKnown(this.#satellites.inAccount("reserved-concurrency", scope), (reservations) =>
      whenKnown(this.#satellites.inAccount("provisioned-concurrency", scope), (provisions) => {
        const known = this.#unclaimed.get(reservations);
        if (known?.provisions === provisions) return known.places;
        const places = unclaimed(reservations, provisions);
        this.#unclaimed.set(reservations, { provisions, places });
        return places;
      }),
    );
  }

  #runningIn(key: string): number {
    return this.#running.get(key) ?? 0;
  }

  #leave(key: string): void {
    const left = this.#runningIn(key) - 1;
    if (left === 0) this.#running.delete(key);
    else this.#running.set(key, left);
  }
}

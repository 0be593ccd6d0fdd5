import type { Clock } from "#kit/clock.ts";
import { BoundedCache } from "#wire/auth/bounded-cache.ts";
import type { Credential, CredentialSource } from "#wire/auth/ports.ts";
import { arnOf } from "./entity.ts";
import { accessKeyMemoryMs, maximumRememberedAccessKeys } from "./limits.ts";
import type { IamStore } from "./store/reads.ts";

interface Memory {
  credential: Promise<Credential>;
  untilMs: number;
}

/** Answers for the access keys of users, once per request of anybody: what was found lately is remembered. */
export class AccessKeyDirectory implements CredentialSource {
  readonly #store: IamStore;
  readonly #clock: Clock;
  #memories = new BoundedCache<Memory>(maximumRememberedAccessKeys);

  constructor(store: IamStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  find(accessKeyId: string, sessionToken: string | undefined): Promise<Credential> | Credential {
    // Long-term keys have no token.
    if (sessionToken !== undefined) return { status: "invalid-token" };
    const remembered = this.#memories.get(accessKeyId);
    if (remembered !== undefined && this.#clock.monotonicMs() < remembered.untilMs) return remembered.credential;
    // Remembered before it settles, so that `forgetAll` also drops what was read before a change but arrives after it.
    const memory = { credential: this.#look(accessKeyId), untilMs: this.#clock.monotonicMs() + accessKeyMemoryMs };
    this.#memories.set(accessKeyId, memory);
    memory.credential.catch(() => (memory.untilMs = -Infinity));
    return memory.credential;
  }

  /** To be called when a key, or the name or path of a user, has changed. */
  forgetAll(): void {
    this.#memories = new BoundedCache(maximumRememberedAccessKeys);
  }

  async #look(accessKeyId: string): Promise<Credential> {
    const found = await this.#store.findAccessKey(accessKeyId);
    if (found === undefined || found.key.status !== "Active") return { status: "unknown" };
    const { key, user } = found;
    return {
      status: "valid",
      secretAccessKey: key.secret_access_key,
      principal: { kind: "user", accountId: user.accountId, arn: arnOf(user), userId: user.id, userName: user.name },
    };
  }
}

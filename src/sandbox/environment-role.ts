import type { EnvironmentSpec, SessionCredentials } from "./contract.ts";

/** AWS recycles environments every few hours, busy or not. */
const maxAgeMs = 2 * 60 * 60 * 1000;
/** Credentials shall outlive the last invocation that sees them by this much. */
const credentialMarginMs = 60 * 1000;

/** A function's role as one environment has it: its credentials, and what of a snapshot's is good as well. */
export class EnvironmentRole {
  /** What the function shows for its credentials, where it must ask for them. */
  readonly token: string;
  #spec: EnvironmentSpec;
  #current: SessionCredentials;
  /** The access keys of these credentials, and of those before them. */
  #signers: Set<string>;

  private constructor(spec: EnvironmentSpec, current: SessionCredentials, token: string, signers: Iterable<string>) {
    this.#spec = spec;
    this.#current = current;
    this.token = token;
    this.#signers = new Set(signers).add(current.accessKeyId);
  }

  /** `snapped`: the role of the environment that this one is made of. Rejects if there are no credentials to be had. */
  static async assume(spec: EnvironmentSpec, newToken: string, snapped?: EnvironmentRole): Promise<EnvironmentRole> {
    return new EnvironmentRole(spec, await spec.credentials(), snapped?.token ?? newToken, snapped ? snapped.#signers : []);
  }

  get credentials(): SessionCredentials {
    return this.#current;
  }

  /** Clients that are in a snapshot sign as they did before it, until they ask again. */
  isOwn(accessKeyId: string): boolean {
    return this.#signers.has(accessKeyId);
  }

  async renew(): Promise<void> {
    this.#current = await this.#spec.credentials();
    this.#signers.add(this.#current.accessKeyId);
  }

  /** Epoch milliseconds. Credentials that last no longer than an invocation may take are used for half their time, rather than not at all. */
  replaceAt(nowMs: number): number {
    const { expiresAtMs } = this.#current;
    const halfLifeMs = (expiresAtMs - nowMs) / 2;
    return Math.min(nowMs + maxAgeMs, Math.max(expiresAtMs - this.#spec.timeoutMs - credentialMarginMs, nowMs + halfLifeMs));
  }
}

import { createSecureContext } from "node:tls";
import type { Clock } from "#kit/clock.ts";
import { BoundedCache } from "#wire/auth/bounded-cache.ts";
import type { TlsIdentity } from "../listener.ts";
import { isOwnHost, type OwnHosts } from "../virtual-hosts.ts";
import type { CertificateAuthority } from "./certificate-authority.ts";

/** Clients make names up as they like: function URLs alone give each function one. */
const maximumNames = 256;
const renewBeforeMs = 30 * 86_400_000;

interface Identity extends TlsIdentity {
  renewMs: number;
}

/** What the HTTPS port shows of itself under each name: certificates made when first asked for, and anew before they expire. */
export class ServerCertificates {
  readonly #authority: CertificateAuthority;
  readonly #clock: Clock;
  readonly #own: OwnHosts;
  readonly #identities = new BoundedCache<Promise<Identity>>(maximumNames);

  constructor(authority: CertificateAuthority, clock: Clock, own: OwnHosts) {
    this.#authority = authority;
    this.#clock = clock;
    this.#own = own;
  }

  /** For the name that a client asked for by SNI; without one, for addresses and plain `localhost`. */
  async identityFor(name?: string): Promise<TlsIdentity> {
    const asked = name?.toLowerCase() ?? "";
    // A name that is not ours gets our plain certificate, so that the client can say what is wrong.
    const key = asked !== "localhost" && isOwnHost(asked, this.#own) ? asked : "";
    const known = await this.#identities.get(key)?.catch(() => undefined);
    if (known !== undefined && this.#clock.now() < known.renewMs) return known;
    const making = this.#make(key);
    this.#identities.set(key, making);
    return making;
  }

  async #make(name: string): Promise<Identity> {
    // Some clients take no wildcard directly below a top-level domain, hence the exact name.
    const names = name === "" ? ["localhost", "*.localhost", "127.0.0.1", "::1", ...this.#own.names] : [name];
    const { certificate, key, expiresMs } = await this.#authority.issue([...new Set(names)]);
    return { cert: certificate, key, context: createSecureContext({ cert: certificate, key }), renewMs: expiresMs - renewBeforeMs };
  }
}

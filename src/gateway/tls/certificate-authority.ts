/**
 * The data folder's own certificate authority. It is made at the first need and kept; whoever trusts its certificate
 * (`/_pilotlight/ca.pem`) can speak HTTPS with this Pilotlight. It may speak for local names only, so that a stolen key is of no use
 * against other sites: the certificate itself says so.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { promisify } from "node:util";
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Issuer } from "./certificate.ts";

/** Where the authority's key and certificate live: gives the file of that name, made by `create` if it is not there. */
export type KeepFile = (name: string, create: () => Promise<Buffer>) => Promise<Buffer>;

export interface IssuedCertificate {
  /** PEM: the certificate and that of its authority. */
  certificate: string;
  /** PEM. */
  key: string;
  expiresMs: number;
}

const dayMs = 86_400_000;
export const authorityDays = 3_650;
/** Apple's limit: https://support.apple.com/en-us/102028 has 825 days for private authorities, and 398 are accepted everywhere. */
export const certificateDays = 397;
/** Clocks of clients may be behind ours. */
const backdatedMs = dayMs;

/** Names that never leave a machine or a private network (RFC 6761, RFC 6762, RFC 8375, RFC 1918, RFC 4193). */
const localNames = ["localhost", "local", "internal", "lan", "test", "home.arpa"];
const localRanges = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"];

const makeKeyPair = promisify(generateKeyPair);

export class CertificateAuthority {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #keep: KeepFile;
  readonly #names: readonly string[];
  #opened: Promise<Issuer & { certificate: X509Certificate }> | undefined;

  /** `names`: what it may speak for besides local names, e.g. `--host`. They count when the authority is made. */
  constructor(clock: Clock, ids: Ids, keep: KeepFile, names: readonly string[] = []) {
    this.#clock = clock;
    this.#ids = ids;
    this.#keep = keep;
    this.#names = names;
  }

  /** Its certificate as PEM. */
  async certificate(): Promise<string> {
    return (await this.#open()).certificate.toString();
  }

  /** A certificate with a new key for a server under these names and addresses. */
  async issue(names: readonly string[]): Promise<IssuedCertificate> {
    const { privateKey, publicKey } = await makeKeyPair("ec", { namedCurve: "P-256" });
    const { certificate, expiresMs } = await this.certify(publicKey, "Pilotlight", names);
    return { certificate: certificate + (await this.certificate()), key: pemOf(privateKey), expiresMs };
  }

  /** A certificate as PEM for a key that exists. A subject that looks like a host name has to be one that the authority may speak for. */
  async certify(publicKey: KeyObject, commonName: string, names: readonly string[]): Promise<{ certificate: string; expiresMs: number }> {
    const [issuer, { writeCertificate }] = await Promise.all([this.#open(), import("./certificate.ts")]);
    const nowMs = this.#clock.now();
    const expiresMs = Math.min(nowMs + certificateDays * dayMs, issuer.certificate.validToDate.getTime());
    const certificate = writeCertificate(
      {
        commonName,
        publicKey,
        notBeforeMs: nowMs - backdatedMs,
        notAfterMs: expiresMs,
        serial: this.#ids.bytes(16),
        purpose: { serves: names },
      },
      issuer,
    );
    return { certificate, expiresMs };
  }

  /** A failure is tried again by the next call. */
  #open(): Promise<Issuer & { certificate: X509Certificate }> {
    this.#opened ??= this.#read().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #read(): Promise<Issuer & { certificate: X509Certificate }> {
    const key = await this.#keep("ca.key", async () => {
      const { privateKey } = await makeKeyPair("ec", { namedCurve: "P-256" });
      return Buffer.from(pemOf(privateKey));
    });
    const privateKey = createPrivateKey(key);
    const publicKey = createPublicKey(privateKey);
    const pem = await this.#keep("ca.pem", async () => Buffer.from(await this.#writeOwn(privateKey, publicKey)));
    const certificate = new X509Certificate(pem);
    return { commonName: subjectOf(certificate), privateKey, publicKey, certificate };
  }

  async #writeOwn(privateKey: KeyObject, publicKey: KeyObject): Promise<string> {
    const { writeCertificate } = await import("./certificate.ts");
    // Two authorities of one name would be taken for each other by stores that look up by name.
    const commonName = `Pilotlight local authority ${this.#ids.hex(8)}`;
    const extra = this.#names.map((name) => (isIP(name) === 0 ? name : `${name}/${isIP(name) === 4 ? 32 : 128}`));
    const nowMs = this.#clock.now();
    return writeCertificate(
      {
        commonName,
        publicKey,
        notBeforeMs: nowMs - backdatedMs,
        notAfterMs: nowMs + authorityDays * dayMs,
        serial: this.#ids.bytes(16),
        purpose: { issuesBelow: [...new Set([...localNames, ...localRanges, ...extra])] },
      },
      { commonName, privateKey, publicKey },
    );
  }
}

const pemOf = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" });

const subjectOf = (certificate: X509Certificate): string => /^CN=(.*)$/m.exec(certificate.subject)![1]!;

import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Ids } from "#kit/ids.ts";
import type { Principal } from "../principal.ts";
import { BoundedCache } from "./bounded-cache.ts";
import type { Credential } from "./ports.ts";

export interface SessionCredentials {
  /** `ASIA` and 16 characters. */
  accessKeyId: string;
  /** 40 characters. */
  secretAccessKey: string;
  /** Base64, a few hundred characters. */
  sessionToken: string;
}

/** What a token says, encrypted. */
interface Session {
  secretAccessKey: string;
  principal: Principal;
  expiresAtMs: number;
}

const cipher = "aes-256-gcm";
/** https://nvlpubs.nist.gov/nistpubs/Legacy/SP/nistspecialpublication800-38d.pdf, section 8.2.1 */
const nonceBytes = 12;
const tagBytes = 16;
const rememberedSessions = 10_000;

/**
 * Makes temporary credentials that nobody has to store: the session token is the session, encrypted and authenticated with the
 * installation's key and bound to its access key. Whoever has the key can open it, after a restart or on another machine.
 */
export class SessionIssuer {
  readonly #key: Uint8Array;
  readonly #ids: Ids;
  readonly #opened = new BoundedCache<Session & { accessKeyId: string }>(rememberedSessions);

  /** `key`: 32 bytes. */
  constructor(key: Uint8Array, ids: Ids) {
    this.#key = key;
    this.#ids = ids;
  }

  issue({ principal, expiresAtMs }: { principal: Principal; expiresAtMs: number }): SessionCredentials {
    // A token can come from the network, where nobody may be a service.
    if (principal.kind === "service") throw new Error("services have no session credentials");
    const accessKeyId = `ASIA${this.#ids.base32(16)}`;
    const session: Session = { secretAccessKey: this.#ids.bytes(30).toString("base64"), principal, expiresAtMs };
    const nonce = this.#ids.bytes(nonceBytes);
    const encryption = createCipheriv(cipher, this.#key, nonce).setAAD(Buffer.from(accessKeyId));
    const body = Buffer.concat([encryption.update(JSON.stringify(session)), encryption.final()]);
    const sessionToken = Buffer.concat([nonce, encryption.getAuthTag(), body]).toString("base64");
    return { accessKeyId, secretAccessKey: session.secretAccessKey, sessionToken };
  }

  /** Whom the token speaks for: `valid`, `expired`, or `invalid-token` if it is not ours or belongs to another access key. */
  open(accessKeyId: string, sessionToken: string, nowMs: number): Credential {
    let session = this.#opened.get(sessionToken);
    if (session === undefined) {
      const decrypted = this.#decrypt(accessKeyId, sessionToken);
      if (decrypted === undefined) return { status: "invalid-token" };
      session = { ...decrypted, accessKeyId };
      this.#opened.set(sessionToken, session);
    }
    if (session.accessKeyId !== accessKeyId) return { status: "invalid-token" };
    if (session.expiresAtMs <= nowMs) return { status: "expired" };
    return { status: "valid", secretAccessKey: session.secretAccessKey, principal: session.principal };
  }

  #decrypt(accessKeyId: string, sessionToken: string): Session | undefined {
    const bytes = Buffer.from(sessionToken, "base64");
    // Buffer.from skips what is not base64; a token has one spelling only.
    if (bytes.length <= nonceBytes + tagBytes || bytes.toString("base64") !== sessionToken) return undefined;
    const decryption = createDecipheriv(cipher, this.#key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      .setAAD(Buffer.from(accessKeyId))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const body = decryption.update(bytes.subarray(nonceBytes + tagBytes));
    try {
      const session: Session = JSON.parse(Buffer.concat([body, decryption.final()]).toString());
      return session;
    } catch {
      return undefined;
    }
  }
}

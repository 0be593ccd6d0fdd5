import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { BoundedCache } from "./bounded-cache.ts";

/** Keys live for a day, so a busy installation has about one per credential, region and service. */
const rememberedKeys = 1_000;

/**
 * Derives the key that signs for a credential, a day, a region and a service, and remembers it: deriving takes four HMACs.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
 */
export class SigningKeys {
  readonly #keys = new BoundedCache<SigningKey>(rememberedKeys);

  /** `day`: `20260115`. */
  derive(accessKeyId: string, secretAccessKey: string, day: string, region: string, signingName: string): SigningKey {
    const name = `${accessKeyId}/${secretAccessKey}/${day}/${region}/${signingName}`;
    let key = this.#keys.get(name);
    if (key === undefined) {
      let secret = Buffer.from(`AWS4${secretAccessKey}`);
      for (const part of [day, region, signingName, "aws4_request"]) secret = createHmac("sha256", secret).update(part).digest();
      key = new SigningKey(secret);
      this.#keys.set(name, key);
    }
    return key;
  }
}

/** https://www.rfc-editor.org/rfc/rfc2104: B of SHA-256, and the bytes that fill the key up to it. */
const blockBytes = 64;
const innerPad = 0x36;
const outerPad = 0x5c;
const digestBytes = 32;

/**
 * A key of HMAC-SHA256. Every request is verified with one, and node:crypto's Hmac costs twice as much as the two hashes that HMAC is:
 * it is an object that has to be made, fed, read and collected.
 */
export class SigningKey {
  readonly #inner = Buffer.alloc(blockBytes);
  /** With room for the inner digest. */
  readonly #outer = Buffer.alloc(blockBytes + digestBytes);

  /** `secret`: at most a block. */
  constructor(secret: Uint8Array) {
    if (secret.length > blockBytes) throw new RangeError("a longer key would have to be hashed first");
    for (let index = 0; index < blockBytes; index++) {
      const byte = secret[index] ?? 0;
      this.#inner[index] = byte ^ innerPad;
      this.#outer[index] = byte ^ outerPad;
    }
  }

  /** The signature of a text (its characters taken as bytes), in hexadecimal. */
  sign(text: string): string {
    const message = Buffer.allocUnsafe(blockBytes + text.length);
    message.set(this.#inner);
    message.write(text, blockBytes, "latin1");
    this.#outer.write(hash("sha256", message, "latin1"), blockBytes, "latin1");
    return hash("sha256", this.#outer, "hex");
  }
}

const signatureCharacters = 2 * digestBytes;
const claimed = Buffer.alloc(signatureCharacters);
const expected = Buffer.alloc(signatureCharacters);

/** Whether `signature` (hexadecimal) signs `text`; takes the same time whatever is wrong with it. */
export function isSigned(key: SigningKey, text: string, signature: string): boolean {
  if (signature.length !== signatureCharacters) return false;
  claimed.write(signature, "latin1");
  expected.write(key.sign(text), "latin1");
  return timingSafeEqual(claimed, expected);
}

import { type KeyObject, createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { BoundedCache } from "./bounded-cache.ts";

/** Keys live for a day, so a busy installation has about one per credential, region and service. */
const rememberedKeys = 1_000;

/**
 * Derives the key that signs for a credential, a day, a region and a service, and remembers it: deriving takes four HMACs.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
 */
export class SigningKeys {
  readonly #keys = new BoundedCache<KeyObject>(rememberedKeys);

  /** `day`: `20260115`. */
  derive(accessKeyId: string, secretAccessKey: string, day: string, region: string, signingName: string): KeyObject {
    const name = `${accessKeyId}/${secretAccessKey}/${day}/${region}/${signingName}`;
    let key = this.#keys.get(name);
    if (key === undefined) {
      key = createSecretKey(Buffer.from(`AWS4${secretAccessKey}`));
      for (const part of [day, region, signingName, "aws4_request"]) key = createSecretKey(createHmac("sha256", key).update(part).digest());
      this.#keys.set(name, key);
    }
    return key;
  }
}

/** Whether `signature` (hexadecimal) signs `text`; takes the same time whatever is wrong with it. */
export function isSigned(key: KeyObject, text: string, signature: string): boolean {
  const claimed = Buffer.from(signature, "hex");
  const expected = createHmac("sha256", key).update(text).digest();
  return signature.length === 2 * expected.length && claimed.length === expected.length && timingSafeEqual(claimed, expected);
}

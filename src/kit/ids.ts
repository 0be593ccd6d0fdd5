import { randomBytes, randomUUID } from "node:crypto";

/** Where randomness comes from: handed in, so that tests may fix it. */
export interface Ids {
  /** A version 4 UUID. */
  uuid(): string;
  /** `length` lower-case hexadecimal digits. */
  hex(length: number): string;
  /** `length` characters of A–Z and 2–7, the alphabet of AWS's unique ids and access keys. */
  base32(length: number): string;
  /** `length` random bytes. */
  bytes(length: number): Buffer;
  /** A fraction in [0, 1). */
  fraction(): number;
}

const base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export const randomIds: Ids = {
  uuid: () => randomUUID(),
  hex: (length) =>
    randomBytes(Math.ceil(length / 2))
      .toString("hex")
      .slice(0, length),
  base32: (length) => Array.from(randomBytes(length), (byte) => base32Alphabet[byte & 31]).join(""),
  bytes: (length) => randomBytes(length),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
};

import { randomFillSync, randomUUID } from "node:crypto";

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

/** Drawn ahead, because to draw a few bytes takes as long as to draw hundreds. */
const drawn = Buffer.alloc(2_048);
let usedCount = drawn.length;

/** No byte is given twice, and what was given is not kept. */
function randomBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (length > drawn.length) return randomFillSync(bytes);
  if (usedCount + length > drawn.length) {
    randomFillSync(drawn);
    usedCount = 0;
  }
  drawn.copy(bytes, 0, usedCount, usedCount + length);
  drawn.fill(0, usedCount, usedCount + length);
  usedCount += length;
  return bytes;
}

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

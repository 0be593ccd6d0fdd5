import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** A checksum that AWS's clients send after a body, made piece by piece. */
export interface Checksum {
  update(bytes: Uint8Array): void;
  /** Base64 of the big-endian value, as in the `x-amz-checksum-…` headers. */
  digest(): string;
}

/** By the header that carries it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export const checksums: ReadonlyMap<string, () => Checksum> = new Map([
  ["x-amz-checksum-crc32", crc32Checksum],
  ["x-amz-checksum-crc32c", () => tableChecksum(crc32cTable)],
  ["x-amz-checksum-crc64nvme", () => tableChecksum(crc64nvmeTable)],
  ["x-amz-checksum-sha1", () => hashChecksum("sha1")],
  ["x-amz-checksum-sha256", () => hashChecksum("sha256")],
]);

function hashChecksum(algorithm: string): Checksum {
  const digest = createHash(algorithm);
  return { update: (bytes) => void digest.update(bytes), digest: () => digest.digest("base64") };
}

function crc32Checksum(): Checksum {
  let value = 0;
  return { update: (bytes) => void (value = crc32(bytes, value)), digest: () => bigEndian([value]) };
}

/** Remainders of all bytes by a polynomial with its bits reversed, in 32-bit words, the highest first. */
interface CrcTable {
  high: Uint32Array;
  /** Present in a CRC of 64 bits. */
  low?: Uint32Array;
}

const crc32cTable = makeTable(0x82f63b78n, 32);
const crc64nvmeTable = makeTable(0x9a6c9329ac4bc9b5n, 64);

function makeTable(polynomial: bigint, bits: 32 | 64): CrcTable {
  const remainders = Array.from({ length: 256 }, (_, byte) => {
    let remainder = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1n ? (remainder >> 1n) ^ polynomial : remainder >> 1n;
    return remainder;
  });
  const words = (shift: bigint): Uint32Array => Uint32Array.from(remainders, (remainder) => Number((remainder >> shift) & 0xffffffffn));
  return bits === 32 ? { high: words(0n) } : { high: words(32n), low: words(0n) };
}

function tableChecksum({ high, low }: CrcTable): Checksum {
  let upper = 0xffffffff;
  let lower = 0xffffffff;
  return {
    update(bytes) {
      for (const byte of bytes) {
        const index = ((low ? lower : upper) ^ byte) & 0xff;
        if (low) lower = ((lower >>> 8) | (upper << 24)) ^ low[index]!;
        upper = (upper >>> 8) ^ high[index]!;
      }
    },
    digest: () => bigEndian(low ? [~upper, ~lower] : [~upper]),
  };
}

function bigEndian(words: readonly number[]): string {
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((word, index) => bytes.writeUInt32BE(word >>> 0, 4 * index));
  return bytes.toString("base64");
}

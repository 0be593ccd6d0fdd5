/** Programs of a few instructions, as executables of one segment. https://refspecs.linuxfoundation.org/elf/elf.pdf */

/** Where the file comes to lie in memory, from its first byte on. */
export const loadedAt = 0x40_0000;
/** What comes before the contents. */
export const headerBytes = 64 + 56;

export interface ElfContents {
  /** Of the processor: EM_X86_64 is 62, EM_AARCH64 183. */
  machine: number;
  /** Code and data, in the order in which they lie behind the headers. */
  parts: readonly Buffer[];
  /** Offset in the file of the first instruction. */
  entryAt: number;
}

export function elfProgram({ machine, parts, entryAt }: ElfContents): Buffer {
  const contents = Buffer.concat(parts);
  const sizeBytes = BigInt(headerBytes + contents.length);

  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02\x01\x01", "latin1");
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(loadedAt + entryAt), 24);
  header.writeBigUInt64LE(64n, 32); // program headers
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);

  const segment = Buffer.alloc(56);
  segment.writeUInt32LE(1, 0); // PT_LOAD
  segment.writeUInt32LE(5, 4); // readable, executable
  segment.writeBigUInt64LE(BigInt(loadedAt), 16);
  segment.writeBigUInt64LE(BigInt(loadedAt), 24);
  segment.writeBigUInt64LE(sizeBytes, 32);
  segment.writeBigUInt64LE(sizeBytes, 40);
  segment.writeBigUInt64LE(0x1_0000n, 48); // arm64 may have pages of 64 KB

  return Buffer.concat([header, segment, contents]);
}

/** Instructions as they are written down: pairs of hexadecimal digits. */
export const bytes = (...hexadecimal: string[]): Buffer => Buffer.from(hexadecimal.join("").replaceAll(" ", ""), "hex");

/**
 * A program that says `ready` and then sleeps until it is killed: what keeps a container while other programs run in it. An image may have no such
 * program, nor a shell or libraries for one, so it is written here, as the seccomp launcher is.
 */
const instructions: Readonly<Partial<Record<NodeJS.Architecture, { machine: number; code: Buffer }>>> = {
  // EM_X86_64
  x64: {
    machine: 62,
    code: bytes(
      "b8 01 00 00 00", // mov eax, 1              write
      "bf 01 00 00 00", // mov edi, 1
      "48 8d 35 10 00 00 00", // lea rsi, [rip+16]       ready
      "ba 06 00 00 00", // mov edx, 6
      "0f 05", // syscall
      "b8 22 00 00 00", // sleep: mov eax, 34      pause
      "0f 05", // syscall
      "eb f7", // jmp sleep
    ),
  },
  // EM_AARCH64; words of four bytes, the least significant first
  arm64: {
    machine: 183,
    code: bytes(
      "08 08 80 d2", // mov x8, #64             write
      "20 00 80 d2", // mov x0, #1
      "61 01 00 10", // adr x1, ready
      "c2 00 80 d2", // mov x2, #6
      "01 00 00 d4", // svc #0
      "00 00 80 d2", // sleep: mov x0, #0
      "01 00 80 d2", // mov x1, #0
      "02 00 80 d2", // mov x2, #0
      "03 00 80 d2", // mov x3, #0
      "04 00 80 d2", // mov x4, #0
      "28 09 80 d2", // mov x8, #73             ppoll: without descriptors and without a limit
      "01 00 00 d4", // svc #0
      "f9 ff ff 17", // b sleep
    ),
  },
};

const loadedAt = 0x40_0000;
const headerBytes = 64 + 56;

export const hasSleeper = (architecture: string): boolean => Object.hasOwn(instructions, architecture);

/** An ELF executable of one segment: headers, code, text. https://refspecs.linuxfoundation.org/elf/elf.pdf */
export function sleeperProgram(architecture: NodeJS.Architecture = process.arch): Buffer {
  const { machine, code } = instructions[architecture]!;
  const text = Buffer.from("ready\n");
  const sizeBytes = BigInt(headerBytes + code.length + text.length);

  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02\x01\x01", "latin1");
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(loadedAt + headerBytes), 24); // entry
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

  return Buffer.concat([header, segment, code, text]);
}

function bytes(...hexadecimal: string[]): Buffer {
  return Buffer.from(hexadecimal.join("").replaceAll(" ", ""), "hex");
}

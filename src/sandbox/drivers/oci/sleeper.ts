/**
 * A program that says `ready` and then sleeps until it is killed: what keeps a container while other programs run in it. An image may have no such
 * program, nor a shell or libraries for one, so it is written here, as the seccomp launcher is.
 */
import { bytes, elfProgram, headerBytes } from "../linux/elf-program.ts";

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

export const hasSleeper = (architecture: string): boolean => Object.hasOwn(instructions, architecture);

/** An executable: code, and the text that it writes. */
export function sleeperProgram(architecture: NodeJS.Architecture = process.arch): Buffer {
  const { machine, code } = instructions[architecture]!;
  return elfProgram({ machine, parts: [code, Buffer.from("ready\n")], entryAt: headerBytes });
}

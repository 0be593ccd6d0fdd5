/**
 * A program that puts the filter upon itself and becomes the program that its arguments name. util-linux has none that does (before 2.41), and a
 * machine need not have a compiler; but it takes only two system calls, so the executable is written here, instruction by instruction, for both architectures.
 */
import { bytes, elfProgram, headerBytes, loadedAt } from "../elf-program.ts";
import { filterBytes } from "./filter.ts";

/** SECCOMP_SET_MODE_FILTER with the program below, then execve(argv[1], argv + 1, envp); status 125 if either fails. */
const instructions: Readonly<Partial<Record<NodeJS.Architecture, { machine: number; code: Buffer }>>> = {
  // EM_X86_64
  x64: {
    machine: 62,
    code: bytes(
      "bf 01 00 00 00", // mov edi, 1               SECCOMP_SET_MODE_FILTER
      "31 f6", // xor esi, esi
      "ba 78 00 40 00", // mov edx, 0x400078        struct sock_fprog
      "b8 3d 01 00 00", // mov eax, 317             seccomp
      "0f 05", // syscall
      "85 c0", // test eax, eax
      "75 1a", // jnz fail
      "48 8b 7c 24 10", // mov rdi, [rsp+16]        argv[1]
      "48 8d 74 24 10", // lea rsi, [rsp+16]
      "48 8b 04 24", // mov rax, [rsp]           argc
      "48 8d 54 c4 10", // lea rdx, [rsp+rax*8+16]  envp
      "b8 3b 00 00 00", // mov eax, 59              execve
      "0f 05", // syscall
      "bf 7d 00 00 00", // fail: mov edi, 125
      "b8 e7 00 00 00", // mov eax, 231             exit_group
      "0f 05", // syscall
    ),
  },
  // EM_AARCH64; words of four bytes, the least significant first
  arm64: {
    machine: 183,
    code: bytes(
      "20 00 80 d2", // mov x0, #1             SECCOMP_SET_MODE_FILTER
      "01 00 80 d2", // mov x1, #0
      "02 0f 80 d2", // movz x2, #0x78         struct sock_fprog at 0x400078
      "02 08 a0 f2", // movk x2, #0x40, lsl #16
      "a8 22 80 d2", // mov x8, #277           seccomp
      "01 00 00 d4", // svc #0
      "e0 00 00 b5", // cbnz x0, fail
      "e0 0b 40 f9", // ldr x0, [sp, #16]      argv[1]
      "e1 43 00 91", // add x1, sp, #16
      "e2 03 40 f9", // ldr x2, [sp]           argc
      "22 0c 02 8b", // add x2, x1, x2, lsl #3 envp
      "a8 1b 80 d2", // mov x8, #221           execve
      "01 00 00 d4", // svc #0
      "a0 0f 80 d2", // fail: mov x0, #125
      "c8 0b 80 d2", // mov x8, #94            exit_group
      "01 00 00 d4", // svc #0
    ),
  },
};

const fprogBytes = 16;

/** An executable: struct sock_fprog, code, filter. */
export function seccompLauncher(architecture: NodeJS.Architecture = process.arch): Buffer {
  const { machine, code } = instructions[architecture]!;
  const filter = filterBytes(architecture);
  const entryAt = headerBytes + fprogBytes;

  const fprog = Buffer.alloc(fprogBytes);
  fprog.writeUInt16LE(filter.length / 8, 0);
  fprog.writeBigUInt64LE(BigInt(loadedAt + entryAt + code.length), 8);

  return elfProgram({ machine, parts: [fprog, code, filter], entryAt });
}

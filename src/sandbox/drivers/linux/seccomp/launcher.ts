/**
 * A program that puts the filter upon itself and becomes the program that its arguments name. util-linux has none that does (before 2.41), and a
 * machine need not have a compiler; but it takes only two system calls, so the executable is written here, instruction by instruction.
 */
import { filterBytes } from "./filter.ts";

/** SECCOMP_SET_MODE_FILTER with the program below, then execve(argv[1], argv + 1, envp); status 125 if either fails. */
const code = Buffer.from(
  [
    "bf 01 00 00 00", // mov edi, 1               SECCOMP_SET_MODE_FILTER
    "31 f6", //          xor esi, esi
    "ba 78 00 40 00", // mov edx, 0x400078        struct sock_fprog
    "b8 3d 01 00 00", // mov eax, 317             seccomp
    "0f 05", //          syscall
    "85 c0", //          test eax, eax
    "75 1a", //          jnz fail
    "48 8b 7c 24 10", // mov rdi, [rsp+16]        argv[1]
    "48 8d 74 24 10", // lea rsi, [rsp+16]
    "48 8b 04 24", //    mov rax, [rsp]           argc
    "48 8d 54 c4 10", // lea rdx, [rsp+rax*8+16]  envp
    "b8 3b 00 00 00", // mov eax, 59              execve
    "0f 05", //          syscall
    "bf 7d 00 00 00", // fail: mov edi, 125
    "b8 e7 00 00 00", // mov eax, 231             exit_group
    "0f 05", //          syscall
  ]
    .join(" ")
    .replaceAll(" ", ""),
  "hex",
);

const loadedAt = 0x40_0000;
const headerBytes = 64 + 56;
const fprogBytes = 16;

/** An ELF executable for x86-64 of one segment: headers, struct sock_fprog, code, filter. https://refspecs.linuxfoundation.org/elf/elf.pdf */
export function seccompLauncher(): Buffer {
  const filter = filterBytes();
  const codeAt = headerBytes + fprogBytes;
  const filterAt = codeAt + code.length;
  const sizeBytes = filterAt + filter.length;

  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02\x01\x01", "latin1");
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(62, 18); // EM_X86_64
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(loadedAt + codeAt), 24); // entry
  header.writeBigUInt64LE(64n, 32); // program headers
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);

  const segment = Buffer.alloc(56);
  segment.writeUInt32LE(1, 0); // PT_LOAD
  segment.writeUInt32LE(5, 4); // readable, executable
  segment.writeBigUInt64LE(BigInt(loadedAt), 16);
  segment.writeBigUInt64LE(BigInt(loadedAt), 24);
  segment.writeBigUInt64LE(BigInt(sizeBytes), 32);
  segment.writeBigUInt64LE(BigInt(sizeBytes), 40);
  segment.writeBigUInt64LE(0x1000n, 48);

  const fprog = Buffer.alloc(fprogBytes);
  fprog.writeUInt16LE(filter.length / 8, 0);
  fprog.writeBigUInt64LE(BigInt(loadedAt + filterAt), 8);

  return Buffer.concat([header, segment, fprog, code, filter]);
}

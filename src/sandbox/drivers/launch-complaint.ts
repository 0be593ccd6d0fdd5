import { constants } from "node:fs";
import { access, open, readdir, stat } from "node:fs/promises";

/** Longer first lines the kernel does not read either. */
const maxHeadBytes = 256;
/** In the head of an ELF file: for which processors it is. https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
const machineAt = 18;
const machines: Readonly<Record<string, number>> = { x64: 0x3e, arm64: 0xb7 };

export type LaunchComplaint = "permission denied" | "exec format error" | "no such file or directory";

/**
 * Why a file cannot be run, in the words that Go has for it; undefined if it can, as far as can be seen from outside of the sandbox. `hasOwnRoot`: what else is
 * there in the sandbox is not what is here.
 */
export async function launchComplaint(path: string, hasOwnRoot = false): Promise<LaunchComplaint | undefined> {
  const { mode } = await stat(path).catch(() => ({ mode: undefined }));
  if (mode === undefined) return "no such file or directory";
  if ((mode & 0o111) === 0) return "permission denied";
  if (process.platform !== "linux") return undefined;
  const head = await headOf(path).catch(() => undefined);
  if (head === undefined) return undefined;
  if (head.toString("latin1", 0, 4) === "\x7fELF") return (await isForThisProcessor(head)) ? undefined : "exec format error";
  const [line = ""] = head.toString("latin1").split("\n", 1);
  if (!line.startsWith("#!")) return "exec format error";
  const [interpreter = ""] = line.slice(2).trimStart().split(/[ \t]/, 1);
  // Those among layers and code have another place here.
  if (hasOwnRoot || /^\/(opt|var|tmp|mnt)\//.test(interpreter)) return undefined;
  return access(interpreter, constants.X_OK).then(
    () => undefined,
    () => "no such file or directory" as const,
  );
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(maxHeadBytes);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function isForThisProcessor(head: Buffer): Promise<boolean> {
  const machine = head.length >= machineAt + 2 ? head.readUInt16LE(machineAt) : undefined;
  if (machine === machines[process.arch]) return true;
  // Linux may have been told of an emulator for the others.
  const emulators = await readdir("/proc/sys/fs/binfmt_misc").catch(() => []);
  return emulators.some((name) => /qemu|rosetta|box64/i.test(name));
}

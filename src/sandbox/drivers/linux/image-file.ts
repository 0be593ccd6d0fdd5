import { closeSync, ftruncateSync, readSync } from "node:fs";
import type { MemoryImage } from "../driver.ts";
import type { ForkServer } from "./fork-servers.ts";
import type { SystemCalls } from "./system-calls.ts";

/** <linux/memfd.h>. What is executable in the process is so in the file: https://docs.kernel.org/userspace-api/mfd_noexec.html */
const creationFlags = { closesOnExec: 0x1, canBeSealed: 0x2, isExecutable: 0x10 };
/** <linux/fcntl.h> */
const addSeals = 1033;
const seals = { sealing: 0x1, shrinking: 0x2, growing: 0x4, writing: 0x8 };

const name = Buffer.from("pilotlight-image\0");
/** At its start once it is whole: native/memory-image.h. */
const magic = Buffer.from("pilotlight\0img\x01\0");
const megabyte = 1024 * 1024;
/** More than its table takes: native/memory-image.h. */
const tableMb = 2;

/**
 * The file in which one fork of a server leaves its memory, and which others of that server map: without a name, in memory. It has its size from the start,
 * so that nobody makes it larger; what nobody has written takes no room.
 */
export class ImageFile implements MemoryImage {
  readonly descriptor: number;
  /** Whose forks have the addresses that it is good for. */
  readonly server: ForkServer;
  #calls: SystemCalls;
  #isSealed = false;
  #isUseless = false;
  #isClosed = false;
  #isReleased = false;
  #isClaimed = false;
  /** Launches that are about to pass it on: it is not closed under their hands. */
  #userCount = 0;

  /** Throws where there can be none. */
  constructor(calls: SystemCalls, server: ForkServer, memoryMb: number) {
    const { closesOnExec, canBeSealed, isExecutable } = creationFlags;
    const create = (flags: number): number => calls.memfd_create(name, closesOnExec | canBeSealed | flags);
    const made = create(isExecutable);
    // Kernels before 6.3 do not know that flag, and do as it says.
    this.descriptor = made >= 0 ? made : create(0);
    if (this.descriptor < 0) throw new Error("the kernel gives no file for an image");
    this.server = server;
    this.#calls = calls;
    ftruncateSync(this.descriptor, (memoryMb + tableMb) * megabyte);
    this.#seal(seals.growing | seals.shrinking);
  }

  isUsable(): boolean {
    return !this.#isReleased && !this.#isUseless && !this.server.isRetired;
  }

  release(): void {
    this.#isReleased = true;
    this.#closeUnlessUsed();
  }

  /** With the file, which stays open meanwhile. */
  async use<Result>(action: () => Promise<Result>): Promise<Result> {
    this.#userCount++;
    try {
      return await action();
    } finally {
      this.#userCount--;
      if (this.#isReleased) this.#closeUnlessUsed();
    }
  }

  /** It belongs to whoever gets it; undefined as long as nobody has filled it. */
  claim(): ImageFile | undefined {
    if (this.#isReleased) return undefined;
    const found = Buffer.alloc(magic.length);
    readSync(this.descriptor, found, 0, found.length, 0);
    if (!found.equals(magic)) return undefined;
    this.#isClaimed = true;
    return this;
  }

  /** Whoever could fill it has ended. */
  releaseUnclaimed(): void {
    if (!this.#isClaimed) this.release();
  }

  /** From then on nobody can change it: whoever has it could, and those who come up from it are not to depend on each other. Throws if that cannot be. */
  complete(): void {
    if (this.#isSealed) return;
    this.#isUseless = !this.#seal(seals.writing | seals.sealing);
    if (this.#isUseless) throw new Error("an image can still be changed");
    this.#isSealed = true;
  }

  #closeUnlessUsed(): void {
    if (this.#isClosed || this.#userCount > 0) return;
    this.#isClosed = true;
    closeSync(this.descriptor);
  }

  #seal(which: number): boolean {
    return this.#calls.fcntl(this.descriptor, addSeals, which) === 0;
  }
}

import { closeSync, constants, openSync } from "node:fs";

/** <linux/mount.h>, <linux/fcntl.h>, <linux/sched.h> */
const openTreeClone = 0x1;
const closeOnExec = 0o2000000;
const moveFromEmptyPath = 0x4;
const atEmptyPath = 0x1000;
const atCurrentFolder = -100;
const readOnlyWithoutDevices = 0x1n | 0x2n | 0x4n;
const cloneFs = 0x200;
const cloneNewNs = 0x0002_0000;

const noText = Buffer.from("\0");
const cText = (text: string): Buffer => Buffer.from(`${text}\0`);

interface MountCalls {
  open_tree(folder: number, path: Buffer, flags: number): number;
  mount_setattr(folder: number, path: Buffer, flags: number, attributes: Buffer, sizeBytes: bigint): number;
  move_mount(from: number, fromPath: Buffer, to: number, toPath: Buffer, flags: number): number;
  unshare(flags: number): number;
  setns(descriptor: number, flags: number): number;
  fchdir(descriptor: number): number;
  chroot(path: Buffer): number;
}

/**
 * Mounts folders of this machine, read-only, in the mount namespace of a process that runs already. Nothing is shared between the namespaces, before or
 * after: the mount is made here without a place, our thread goes over there for the moment it takes to hang it up, and comes back.
 *
 * https://man7.org/linux/man-pages/man2/open_tree.2.html, https://man7.org/linux/man-pages/man2/move_mount.2.html
 */
export class ForeignMounts implements Disposable {
  #calls: MountCalls;
  #home = openSync("/proc/thread-self/ns/mnt", "r");
  #root = openSync("/", constants.O_DIRECTORY);
  /** What is to be closed in the end. */
  #opened = [this.#home, this.#root];
  #attributes = Buffer.alloc(32);

  private constructor(calls: MountCalls) {
    this.#calls = calls;
    this.#attributes.writeBigUInt64LE(readOnlyWithoutDevices, 0);
  }

  /** Undefined where the C library (before glibc 2.36) or Node lacks the calls. */
  static async open(): Promise<ForeignMounts | undefined> {
    try {
      const { dlopen } = await import("node:ffi");
      const { functions } = dlopen("libc.so.6", {
        open_tree: { arguments: ["i32", "buffer", "u32"], return: "i32" },
        mount_setattr: { arguments: ["i32", "buffer", "u32", "buffer", "u64"], return: "i32" },
        move_mount: { arguments: ["i32", "buffer", "i32", "buffer", "u32"], return: "i32" },
        unshare: { arguments: ["i32"], return: "i32" },
        setns: { arguments: ["i32", "i32"], return: "i32" },
        fchdir: { arguments: ["i32"], return: "i32" },
        chroot: { arguments: ["buffer"], return: "i32" },
      });
      return new ForeignMounts(functions);
    } catch {
      return undefined;
    }
  }

  /** `places` are paths over there, of folders that nobody there can move. Throws if the kernel refuses; some may be mounted then. */
  mount(pid: number, mounts: ReadonlyArray<{ folder: string; place: string }>): void {
    const prepared: Array<{ tree: number; place: string }> = [];
    try {
      for (const { folder, place } of mounts) prepared.push({ tree: this.#withoutPlace(folder), place });
      this.#elsewhere(pid, () => {
        for (const { tree, place } of prepared)
          check(this.#calls.move_mount(tree, noText, atCurrentFolder, cText(place), moveFromEmptyPath), `move_mount to ${place}`);
      });
    } finally {
      for (const { tree } of prepared) closeSync(tree);
    }
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#opened.splice(0)) closeSync(descriptor);
  }

  #withoutPlace(folder: string): number {
    const tree = check(this.#calls.open_tree(atCurrentFolder, cText(folder), openTreeClone | closeOnExec), `open_tree of ${folder}`);
    try {
      const size = BigInt(this.#attributes.length);
      check(this.#calls.mount_setattr(tree, noText, atEmptyPath, this.#attributes, size), `mount_setattr of ${folder}`);
    } catch (error) {
      closeSync(tree);
      throw error;
    }
    return tree;
  }

  #elsewhere(pid: number, action: () => void): void {
    const there = openSync(`/proc/${pid}/ns/mnt`, "r");
    const folder = openSync(".", constants.O_DIRECTORY);
    try {
      // Root and working folder belong to all threads together, and then none may leave: so ours gets its own. Threads that it starts share them again.
      check(this.#calls.unshare(cloneFs), "unshare");
      check(this.#calls.setns(there, cloneNewNs), "setns");
      try {
        action();
      } finally {
        // To go on among the files of a function would break everything, silently.
        const isBack =
          this.#calls.setns(this.#home, cloneNewNs) === 0 &&
          this.#calls.fchdir(this.#root) === 0 &&
          this.#calls.chroot(cText(".")) === 0 &&
          this.#calls.fchdir(folder) === 0;
        if (!isBack) process.abort();
      }
    } finally {
      closeSync(there);
      closeSync(folder);
    }
  }
}

function check(result: number, call: string): number {
  if (result < 0) throw new Error(`${call} failed`);
  return result;
}

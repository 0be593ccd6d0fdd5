import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Freezer } from "../driver.ts";
import { freezeFile } from "./hierarchies.ts";

const words = { 1: { freeze: "FROZEN", thaw: "THAWED" }, 2: { freeze: "1", thaw: "0" } } as const;

/**
 * Makes all processes of a control group stand still, and go on as if no time had passed. Its file is opened at the first use and kept open, because
 * somebody waits for each thaw.
 *
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#core-interface-files, https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html
 */
export class GroupFreezer implements Freezer {
  #file: string;
  #words: { freeze: string; thaw: string };
  #descriptor: number | undefined;
  #isFrozen = false;
  #isClosed = false;

  constructor(folder: string, version: 1 | 2) {
    this.#file = join(folder, freezeFile[version]);
    this.#words = words[version];
  }

  freeze(): void {
    if (!this.#isFrozen) this.#isFrozen = this.#write(this.#words.freeze);
  }

  thaw(): void {
    if (this.#isFrozen) this.#isFrozen = !this.#write(this.#words.thaw);
  }

  /** Thaws it for good. */
  close(): void {
    this.thaw();
    this.#isClosed = true;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** False if the group is gone: it is being removed, and whoever did that will not miss it. */
  #write(word: string): boolean {
    if (this.#isClosed) return false;
    try {
      this.#descriptor ??= openSync(this.#file, "r+");
      writeSync(this.#descriptor, word, 0);
      return true;
    } catch {
      return false;
    }
  }
}

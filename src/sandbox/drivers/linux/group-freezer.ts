import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Freezer } from "../driver.ts";
import { freezeFile } from "./hierarchies.ts";

const words = { 1: { freeze: "FROZEN", thaw: "THAWED" }, 2: { freeze: "1", thaw: "0" } } as const;

/** Of the group, beside that of all launches, in which the leaders are that others are frozen without. */
export const awakeSuffix = "-awake";

/**
 * Makes all processes of a control group but their leader stand still, and go on as if no time had passed. The leader waits for the others: somebody has
 * to see that one of them is killed meanwhile. The file is opened at the first use and kept open, because somebody waits for each thaw.
 *
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#core-interface-files, https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html
 */
export class GroupFreezer implements Freezer {
  #folder: string;
  #file: string;
  #leader: number;
  #words: { freeze: string; thaw: string };
  #descriptor: number | undefined;
  #isFrozen = false;
  #isClosed = false;

  /** `folder`: of the group, two levels below the parent of all; `leader`: a process id. */
  constructor(folder: string, version: 1 | 2, leader: number) {
    this.#folder = folder;
    this.#leader = leader;
    this.#file = join(folder, freezeFile[version]);
    this.#words = words[version];
  }

  freeze(): void {
    if (this.#descriptor === undefined && !this.#isClosed) this.#sendLeaderOut();
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

  /** Into a group beside, which is never frozen. Not if it has ended, and its number may be that of a stranger. */
  #sendLeaderOut(): void {
    try {
      const own = dirname(this.#folder);
      const isIn = readFileSync(`/proc/${this.#leader}/cgroup`, "latin1").includes(`/${basename(own)}/${basename(this.#folder)}\n`);
      if (!isIn) return;
      mkdirSync(`${own}${awakeSuffix}`, { recursive: true });
      writeFileSync(join(`${own}${awakeSuffix}`, "cgroup.procs"), String(this.#leader));
    } catch {
      // It has ended.
    }
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

import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Freezer } from "../driver.ts";
import { freezeFile, processesIn } from "./hierarchies.ts";

const words = { 1: { freeze: "FROZEN", thaw: "THAWED" }, 2: { freeze: "1", thaw: "0" } } as const;

/** Of the group, beside that of all launches, in which the leaders are that others are frozen without. */
export const awakeSuffix = "-awake";

/** While they are moved, they may start others. */
const maxRounds = 20;

/**
 * Makes all processes of a control group but their leader stand still, and go on as if no time had passed. The leader waits for the others: somebody has
 * to see that one of them is killed meanwhile. Most groups are never frozen; so what it takes is done at the first use, off the way of everybody, because to move
 * a process the kernel may wait ten milliseconds. From then on the file is kept open, because somebody waits for each thaw.
 *
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#core-interface-files, https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html
 */
export class GroupFreezer implements Freezer {
  #folder: string;
  #file: string;
  #leader: number;
  #members: string | undefined;
  #words: { freeze: string; thaw: string };
  #descriptor: number | undefined;
  #entering: Promise<void> | undefined;
  #hasEntered = false;
  #isWanted = false;
  #isFrozen = false;
  #isClosed = false;

  /**
   * The group's folder, two levels below the parent of all; `leader`: a process id. `members`: where that is a group of its own, which is not there yet, the folder
   * of another one in which the processes are.
   */
  constructor({ folder, version }: { folder: string; version: 1 | 2 }, leader: number, members: string | undefined) {
    this.#folder = folder;
    this.#leader = leader;
    this.#members = members;
    this.#file = join(folder, freezeFile[version]);
    this.#words = words[version];
  }

  /** Those that there are now. */
  get folders(): string[] {
    return this.#members !== undefined && !this.#entering ? [] : [this.#folder];
  }

  freeze(): void {
    this.#isWanted = true;
    if (this.#hasEntered) this.#freezeNow();
    else if (!this.#isClosed) this.#entering ??= this.#enter();
  }

  thaw(): void {
    this.#isWanted = false;
    if (this.#isFrozen) this.#isFrozen = !this.#write(this.#words.thaw);
  }

  /** Thaws it for good. */
  close(): void {
    this.thaw();
    this.#isClosed = true;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #freezeNow(): void {
    if (this.#isWanted && !this.#isFrozen) this.#isFrozen = this.#write(this.#words.freeze);
  }

  async #enter(): Promise<void> {
    try {
      await (this.#members === undefined ? this.#sendLeaderOut() : this.#bringIn(this.#members));
      this.#hasEntered = true;
      this.#freezeNow();
    } catch {
      // It is being removed, and whoever does that will not miss it.
    }
  }

  /** The others: what a process starts that is in there already is in there, too. */
  async #bringIn(members: string): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    const known = new Set([this.#leader]);
    for (let round = 0; round < maxRounds && !this.#isClosed; round++) {
      const strangers = processesIn(members).filter((pid) => !known.has(pid));
      if (strangers.length === 0) return;
      for (const pid of strangers) {
        known.add(pid);
        // It may have ended.
        await writeFile(join(this.#folder, "cgroup.procs"), String(pid)).catch(() => {});
      }
    }
  }

  /** Into a group beside, which is never frozen. Not if it has ended, and its number may be that of a stranger. */
  async #sendLeaderOut(): Promise<void> {
    const own = dirname(this.#folder);
    const isIn = readFileSync(`/proc/${this.#leader}/cgroup`, "latin1").includes(`/${basename(own)}/${basename(this.#folder)}\n`);
    if (!isIn) return;
    mkdirSync(`${own}${awakeSuffix}`, { recursive: true });
    await writeFile(join(`${own}${awakeSuffix}`, "cgroup.procs"), String(this.#leader));
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

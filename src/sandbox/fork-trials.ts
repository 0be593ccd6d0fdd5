import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { sleep } from "#kit/clock.ts";
import { FidelitySuite } from "./fidelity-suite.ts";
import { ForkRests } from "./fork-rests.ts";
import type { Workshop } from "./prepare-environment.ts";
import { Standby, type StandbyKind } from "./standby.ts";

/** How long a start waits for a trial that has only begun: the first of a runtime, after an update. */
const patienceMs = 10_000;

/** What is tried: forks of a process that has the runtime loaded; and processes that are made of an image of one. */
export type Manner = "forks" | "images";

/** Where the suite is, by the family of the runtime. */
const suites: Readonly<Record<string, string>> = { nodejs: "runtimes/nodejs/fidelity", python: "runtimes/python/fidelity" };
/** Others are made for being forked. */
const triedAsForks: ReadonlySet<string> = new Set(["nodejs"]);
/** What comes of a trial depends on these. */
const ownFolders = [
  "native",
  "runtimes/nodejs",
  "runtimes/nodejs/fidelity",
  "runtimes/python/pilotlight_runtime",
  "runtimes/python/fidelity",
];

/** Of one runtime in one manner. */
interface Trial {
  state: "asked" | "passed" | "failed";
  complaint?: string | undefined;
  over: Promise<void>;
}

export interface ForkTrialOptions {
  workshop: Workshop;
  /** Absolute. */
  productFolder: string;
  /** Absolute path of a file that remembers from one start to the next what passed and what did not; without it, that is tried each time. */
  trialFile?: string | undefined;
}

/**
 * Finds out for each runtime, in the background and once per version of its interpreter, whether processes of it can be forked, and captured: until then, and
 * where they cannot, none are. Node does not promise that the first works, and nobody that the second does, so that a suite decides.
 */
export class ForkTrials {
  #options: ForkTrialOptions;
  #suite: FidelitySuite;
  #trials = new Map<string, Trial>();
  #rests: ForkRests;
  #isClosed = false;

  constructor(options: ForkTrialOptions) {
    this.#options = options;
    this.#suite = new FidelitySuite(options.workshop);
    this.#rests = new ForkRests(options.workshop.clock);
  }

  /** Whether processes of that kind may be forked. At the first question the trial begins. */
  hasPassed(kind: StandbyKind): boolean {
    return this.#trialOf(kind, "forks")?.state === "passed" && !this.#rests.isResting(kind.runtime);
  }

  /** Resolves with whether processes of that kind may be captured; if that is not known yet, and does not become so soon, they may not. */
  async canCapture(kind: StandbyKind): Promise<boolean> {
    const trial = this.#trialOf(kind, "images");
    const settled = new AbortController();
    const tooLate = sleep(this.#options.workshop.clock, patienceMs, settled.signal).catch(() => {});
    await Promise.race([trial?.over, tooLate]).finally(() => settled.abort());
    return trial?.state === "passed" && this.hasPassed(kind);
  }

  /** A process could not be forked after all: for a while none of its kind are. */
  rest({ runtime }: StandbyKind): void {
    this.#rests.begin(runtime);
  }

  /** Resolves, when the trial is over, with why processes of that kind are not forked, or not captured; undefined if they are. */
  async examine(kind: StandbyKind, manner: Manner): Promise<string | undefined> {
    const trial = this.#trialOf(kind, manner);
    await trial?.over;
    return trial?.complaint;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#suite.close();
    await Promise.all([...this.#trials.values()].map(({ over }) => over));
  }

  /** Undefined at the end. */
  #trialOf(kind: StandbyKind, manner: Manner): Trial | undefined {
    const key = `${manner} ${kind.runtime}`;
    const known = this.#trials.get(key);
    if (known || this.#isClosed) return known;
    const trial: Trial = { state: "asked", over: Promise.resolve() };
    this.#trials.set(key, trial);
    trial.over = this.#conclude(trial, kind, manner);
    return trial;
  }

  async #conclude(trial: Trial, kind: StandbyKind, manner: Manner): Promise<void> {
    trial.complaint = await this.#try(kind, manner).catch((error: unknown) => (error as Error).message);
    trial.state = trial.complaint === undefined ? "passed" : "failed";
    const message = manner === "forks" ? "a runtime was tried for forking" : "a runtime was tried for images of memory";
    this.#options.workshop.log.debug(message, { runtime: kind.runtime, complaint: trial.complaint ?? "none" });
  }

  /** Resolves with what is wrong, if something is. */
  async #try(kind: StandbyKind, manner: Manner): Promise<string | undefined> {
    const { workshop, trialFile, productFolder } = this.#options;
    const forks = manner === "images" ? this.#trialOf(kind, "forks") : undefined;
    await forks?.over;
    if (forks && forks.state !== "passed") return forks.complaint ?? "nothing is forked";
    const refusal = await Standby.prepareFork(workshop, kind);
    if (refusal !== undefined) return refusal;
    const family = kind.runtime.replace(/[\d.x]+$/, "");
    const suite = suites[family];
    if (suite === undefined || (manner === "forks" && !triedAsForks.has(family))) return undefined;
    const { program } = await workshop.catalog.find(kind.runtime, "");
    const memory = new Memory(trialFile, await surroundings(manner, program, productFolder));
    const known = await memory.recall();
    if (known !== undefined) return known === "" ? undefined : known;
    const folder = join(productFolder, suite);
    const complaint = await (manner === "forks" ? this.#suite.inForks(kind, folder) : this.#suite.inImages(kind, folder));
    await memory.keep(complaint ?? "");
    return complaint;
  }
}

/** Another interpreter, kernel or version of ours is tried anew. */
async function surroundings(manner: Manner, program: string, productFolder: string): Promise<string> {
  const { size, mtimeMs } = await stat(program);
  const hash = createHash("sha256").update([manner, program, size, mtimeMs, release()].join("\n"));
  for (const folder of ownFolders) {
    const entries = await readdir(join(productFolder, folder), { withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile()).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      hash.update(await readFile(join(productFolder, folder, entry.name)));
    }
  }
  return hash.digest("hex");
}

/** Lines of a key and what was wrong, which is empty where all was well. */
class Memory {
  #path: string | undefined;
  #key: string;

  constructor(path: string | undefined, key: string) {
    this.#path = path;
    this.#key = key;
  }

  async recall(): Promise<string | undefined> {
    return (await this.#lines()).find((line) => line.startsWith(this.#key))?.slice(this.#key.length + 1);
  }

  /** What cannot be kept is tried again. */
  async keep(complaint: string): Promise<void> {
    if (this.#path === undefined) return;
    const lines = [...(await this.#lines()), `${this.#key} ${complaint.replaceAll("\n", " ")}`].slice(-20);
    await writeFile(this.#path, `${lines.join("\n")}\n`, { mode: 0o600 }).catch(() => {});
  }

  async #lines(): Promise<string[]> {
    if (this.#path === undefined) return [];
    return (await readFile(this.#path, "utf8").catch(() => "")).split("\n").filter(Boolean);
  }
}

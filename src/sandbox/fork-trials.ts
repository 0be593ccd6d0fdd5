import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { EnvironmentSpec, InvocationOutcome } from "./contract.ts";
import type { Environment } from "./environment.ts";
import { prepareEnvironment, type Workshop } from "./prepare-environment.ts";
import { Standby, type StandbyKind } from "./standby.ts";

/** With a function that does what functions do: see runtimes/nodejs/fidelity. Other runtimes are made for being forked. */
const suites: Readonly<Record<string, string>> = { nodejs: "runtimes/nodejs/fidelity" };

/** A whole processor, so that it is soon over. */
const memoryMb = 1_769;
const timeoutMs = 60_000;
const exitCode = 3;
/** How long nothing is forked after a failure. */
const restMs = 60_000;

/** What the suite answers. */
interface Report {
  isForked: boolean;
  failures: string[];
  drawn: unknown[];
}

/** Of one runtime. */
type State = "asked" | "passed" | "failed";

export interface ForkTrialOptions {
  workshop: Workshop;
  /** Absolute. */
  productFolder: string;
  /** Absolute path of a file that remembers from one start to the next what passed and what did not; without it, that is tried each time. */
  trialFile?: string | undefined;
}

/**
 * Finds out for each runtime, in the background and once per version of its interpreter, whether processes of it can be forked: until then, and where
 * they cannot, none are. Node does not promise that it works, so that a suite decides.
 */
export class ForkTrials {
  #options: ForkTrialOptions;
  #states = new Map<string, State>();
  #complaints = new Map<string, string>();
  #restUntilMs = new Map<string, number>();
  #running = new Set<Promise<void>>();
  #environments = new Set<Environment>();
  #isClosed = false;

  constructor(options: ForkTrialOptions) {
    this.#options = options;
  }

  /** Whether processes of that kind may be forked. At the first question the trial begins. */
  hasPassed(kind: StandbyKind): boolean {
    const state = this.#states.get(kind.runtime);
    if (state === undefined) this.#begin(kind);
    return state === "passed" && (this.#restUntilMs.get(kind.runtime) ?? 0) <= this.#options.workshop.clock.now();
  }

  /** A process could not be forked after all: for a while none of its kind are. */
  rest({ runtime }: StandbyKind): void {
    this.#restUntilMs.set(runtime, this.#options.workshop.clock.now() + restMs);
  }

  /** Resolves, when the trial is over, with why processes of that kind are not forked; undefined if they are. */
  async examine(kind: StandbyKind): Promise<string | undefined> {
    this.hasPassed(kind);
    await Promise.all(this.#running);
    return this.#complaints.get(kind.runtime);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#environments].map((environment) => environment.stop()));
    await Promise.all(this.#running);
  }

  #begin(kind: StandbyKind): void {
    if (this.#isClosed) return;
    const { log } = this.#options.workshop;
    this.#states.set(kind.runtime, "asked");
    const running = this.#try(kind)
      .then(
        (complaint) => this.#conclude(kind, complaint),
        (error: unknown) => this.#conclude(kind, (error as Error).message),
      )
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    const { runtime } = kind;
    void running.then(() => log.debug("a runtime was tried for forking", { runtime, complaint: this.#complaints.get(runtime) ?? "none" }));
  }

  #conclude({ runtime }: StandbyKind, complaint: string | undefined): void {
    this.#states.set(runtime, complaint === undefined ? "passed" : "failed");
    if (complaint !== undefined) this.#complaints.set(runtime, complaint);
  }

  /** Resolves with what is wrong, if something is. */
  async #try(kind: StandbyKind): Promise<string | undefined> {
    const { workshop, trialFile, productFolder } = this.#options;
    const refusal = await Standby.prepareFork(workshop, kind);
    if (refusal !== undefined) return refusal;
    const suite = suites[kind.runtime.replace(/[\d.x]+$/, "")];
    if (suite === undefined) return undefined;
    const { program } = await workshop.catalog.find(kind.runtime, "");
    const memory = new Memory(trialFile, await surroundings(program, productFolder));
    const known = await memory.recall();
    if (known !== undefined) return known === "" ? undefined : known;
    const complaint = await this.#runSuite(kind, join(productFolder, suite));
    await memory.keep(complaint ?? "");
    return complaint;
  }

  /** Rejects, and nothing is remembered, if that comes to nothing. */
  async #runSuite(kind: StandbyKind, folder: string): Promise<string | undefined> {
    const invoke = (event: object): Promise<InvocationOutcome> => this.#invoke(kind, folder, event);
    const [first, second, exit, signal] = await Promise.all([{}, { draw: true }, { exit: exitCode }, { signal: "SIGTERM" }].map(invoke));
    const broken = [first, second].find((outcome) => outcome?.functionError !== undefined);
    if (broken) return textOf(broken);
    const reports = [first, second].map((outcome) => JSON.parse(textOf(outcome)) as Report);
    const [one, other] = reports as [Report, Report];
    if (!reports.every(({ isForked }) => isForked)) throw new Error("no process was forked for the trial");
    if (one.failures.length > 0) return one.failures.join("; ");
    if (one.drawn.some((number, at) => isDeepStrictEqual(number, other.drawn[at]))) return "siblings draw the same numbers";
    if (!textOf(exit).includes(`exit status ${exitCode}`)) return `an exit is not seen: ${textOf(exit)}`;
    return textOf(signal).includes("signal: terminated") ? undefined : `an end by a signal is not seen: ${textOf(signal)}`;
  }

  async #invoke(kind: StandbyKind, folder: string, event: object): Promise<InvocationOutcome> {
    const { workshop } = this.#options;
    const nothing = (): void => {};
    const trialWorkshop: Workshop = {
      ...workshop,
      unpacked: { ...workshop.unpacked, acquire: async () => folder },
      logSink: { write: () => undefined },
      standbys: {
        take: () => Standby.boot(workshop, kind, { isAheadOfNeed: false, mayFork: true }),
        restore: () => Promise.reject(new Error("a trial has no snapshot")),
      },
    };
    const events = { onAnswered: nothing, onFree: nothing, onLost: nothing };
    const environment = await prepareEnvironment(trialWorkshop, trialSpec(kind), events, "on-demand");
    this.#environments.add(environment);
    try {
      if (this.#isClosed) throw new Error("the sandbox is closing");
      await environment.initialise();
      const outcome = await environment.invoke({
        requestId: "trial",
        payload: Buffer.from(JSON.stringify(event)),
        invokedFunctionArn: "",
        traceId: "",
        tailLog: false,
      });
      await outcome.finished;
      return outcome;
    } finally {
      this.#environments.delete(environment);
      await environment.stop();
    }
  }
}

const textOf = (outcome: InvocationOutcome | undefined): string => Buffer.from(outcome?.payload ?? "").toString();

function trialSpec({ runtime, architecture, endpointUrl }: StandbyKind): EnvironmentSpec {
  return {
    key: `trial:${runtime}`,
    accountId: "",
    region: "",
    functionName: "trial",
    functionVersion: "1",
    runtime,
    runtimeVersionArn: "",
    handler: "index.handler",
    architecture,
    codeDigest: "",
    layerDigests: [],
    memoryMb,
    timeoutMs,
    ephemeralStorageMb: 512,
    fileSystems: [],
    variables: {},
    endpointUrl,
    logging: { format: "Text", group: "" },
    tracing: "PassThrough",
    credentials: async () => ({ accessKeyId: "", secretAccessKey: "", sessionToken: "", expiresAtMs: Number.MAX_SAFE_INTEGER }),
  };
}

/** Another interpreter, kernel or version of ours is tried anew. */
async function surroundings(program: string, productFolder: string): Promise<string> {
  const { size, mtimeMs } = await stat(program);
  const hash = createHash("sha256").update([program, size, mtimeMs, release()].join("\n"));
  for (const folder of ["native", "runtimes/nodejs", "runtimes/nodejs/fidelity"]) {
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

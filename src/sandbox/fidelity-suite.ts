import { isDeepStrictEqual } from "node:util";
import type { EnvironmentSpec, InvocationOutcome } from "./contract.ts";
import type { SnapshotImage } from "./environment-parts.ts";
import type { Environment } from "./environment.ts";
import { prepareEnvironment, type Workshop } from "./prepare-environment.ts";
import { Standby, type StandbyKind } from "./standby.ts";

/** A whole processor, so that it is soon over. */
const memoryMb = 1_769;
const timeoutMs = 60_000;
const exitCode = 3;

/** What the suite answers. */
interface Report {
  /** By another program than is started for functions. */
  isForked: boolean;
  /** In another process than that which was initialised. */
  isRestored: boolean;
  failures: string[];
  drawn: unknown[];
}

type Invoke = (event: object) => Promise<InvocationOutcome>;

/** Runs a function that does what functions do (runtimes/nodejs/fidelity, runtimes/python/fidelity) in processes that did not come about in the usual way. */
export class FidelitySuite {
  #workshop: Workshop;
  #environments = new Set<Environment>();
  #isClosed = false;

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
  }

  /** In forks. `folder`: that of the function. Resolves with what is wrong, if something is; rejects if it comes to nothing. */
  inForks(kind: StandbyKind, folder: string): Promise<string | undefined> {
    return judge("isForked", (event) => this.#withEnvironment(kind, folder, {}, (environment) => invoke(environment, event)));
  }

  /** The same in processes that are made of an image of one. */
  inImages(kind: StandbyKind, folder: string): Promise<string | undefined> {
    return this.#withEnvironment(kind, folder, { capturesImage: true }, async (captured) => {
      const { image } = captured;
      if (!image) return "no image could be made";
      try {
        return await judge("isRestored", (event) =>
          this.#withEnvironment(kind, folder, { image }, async (environment) => {
            await environment.restore();
            return invoke(environment, event);
          }),
        );
      } finally {
        image.memory.release();
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#environments].map((environment) => environment.stop()));
  }

  async #withEnvironment<Result>(
    kind: StandbyKind,
    folder: string,
    { capturesImage, image }: { capturesImage?: true; image?: SnapshotImage },
    use: (environment: Environment) => Promise<Result>,
  ): Promise<Result> {
    const workshop = this.#workshop;
    const nothing = (): void => {};
    const trialWorkshop: Workshop = {
      ...workshop,
      unpacked: { ...workshop.unpacked, acquire: async () => folder },
      logSink: { write: () => undefined },
      standbys: {
        take: () => Standby.boot(workshop, kind, { isAheadOfNeed: false, mayFork: true, ...(capturesImage && { capturesImage }) }),
        restore: (_, memory) => Standby.boot(workshop, kind, { isAheadOfNeed: false, mayFork: true, restores: memory }),
      },
    };
    const events = { onAnswered: nothing, onFree: nothing, onLost: nothing };
    const spec = { ...trialSpec(kind), ...((capturesImage ?? image) && { hasSnapStart: true }) };
    const environment = await prepareEnvironment(trialWorkshop, spec, events, "on-demand", image);
    this.#environments.add(environment);
    try {
      if (this.#isClosed) throw new Error("the sandbox is closing");
      await environment.initialise();
      return await use(environment);
    } finally {
      this.#environments.delete(environment);
      await environment.stop();
    }
  }
}

async function judge(manner: "isForked" | "isRestored", run: Invoke): Promise<string | undefined> {
  const [first, second, exit, signal] = await Promise.all([{}, { draw: true }, { exit: exitCode }, { signal: "SIGTERM" }].map(run));
  const broken = [first, second].find((outcome) => outcome?.functionError !== undefined);
  if (broken) return textOf(broken);
  const reports = [first, second].map((outcome) => JSON.parse(textOf(outcome)) as Report);
  const [one, other] = reports as [Report, Report];
  if (!reports.every((report) => report[manner])) throw new Error("no process came about in that way for the trial");
  if (one.failures.length > 0) return one.failures.join("; ");
  if (one.drawn.some((number, at) => isDeepStrictEqual(number, other.drawn[at]))) return "siblings draw the same numbers";
  if (!textOf(exit).includes(`exit status ${exitCode}`)) return `an exit is not seen: ${textOf(exit)}`;
  return textOf(signal).includes("signal: terminated") ? undefined : `an end by a signal is not seen: ${textOf(signal)}`;
}

async function invoke(environment: Environment, event: object): Promise<InvocationOutcome> {
  const outcome = await environment.invoke({
    requestId: "trial",
    payload: Buffer.from(JSON.stringify(event)),
    invokedFunctionArn: "",
    traceId: "",
    tailLog: false,
  });
  await outcome.finished;
  return outcome;
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

import { basename } from "node:path";
import type { Clock } from "#kit/clock.ts";
import { sleep } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { InvocationRequest } from "../contract.ts";
import type { Network, ProcessExit, RunningProcess, SharedSandbox } from "../drivers/driver.ts";
import { ExtensionLaunchFailed, extensionExited, extensionNotLaunched, tooManyExtensions, type Failure } from "../failures.ts";
import { Intake } from "../intake.ts";
import { LineSplitter } from "../line-splitter.ts";
import { Telemetry } from "../telemetry/telemetry.ts";
import type { Subscription } from "../telemetry/subscription.ts";
import type { Extension } from "./extension.ts";
import { launchComplaint } from "../drivers/launch-complaint.ts";
import { extensionVariables } from "./external-extensions.ts";
import { ExtensionRegistry, type FunctionIdentity, maxExtensions, type ShutdownReason } from "./registry.ts";

/** How long the shutdown may take: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown */
const withExternalMs = 2_000;
const withInternalMs = 500;
/** What the runtime gets of it, between SIGTERM and the SHUTDOWN event of the extensions. */
const runtimeShareMs = 300;

export interface ExtensionListener {
  extensionPrinted(line: string): void;
  /** The lines that came together have all been told. */
  batchEnded(): void;
  extensionFailed(failure: Failure): void;
  subscribed(extension: string, subscription: Subscription): void;
}

/** Where extensions run, and with what. */
interface ExtensionSite {
  sandbox: SharedSandbox;
  /** Of the function. */
  variables: Readonly<Record<string, string>>;
  /** Whether the sandbox shows the files of an image instead of this machine's. */
  hasOwnRoot: boolean;
}

interface ExternalExtension {
  extension: Extension;
  process: RunningProcess;
  splitters: LineSplitter[];
  outputs: Intake[];
}

/**
 * The extensions of one run of an environment: those that are processes it starts and ends, and asks (registry.ts) how far they are. A run
 * without any costs nothing: whoever waits for them goes on at once.
 */
export class ExtensionHost {
  readonly registry: ExtensionRegistry;
  readonly telemetry: Telemetry;
  /** Set once the function is known. */
  identity: FunctionIdentity = { accountId: "", functionName: "", functionVersion: "", handler: "" };
  /** Whether the function's log format is JSON. */
  isJson = false;
  network: Network | undefined;
  #clock: Clock;
  #listener: ExtensionListener;
  #externals: ExternalExtension[] = [];
  #isEnding = false;
  #abandon: ((error: Error) => void) | undefined;

  constructor(clock: Clock, ids: Ids, listener: ExtensionListener) {
    this.registry = new ExtensionRegistry(ids, (extension) => listener.extensionFailed(extensionExited(undefined, extension)));
    this.telemetry = new Telemetry(clock);
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Legal while the telemetry is open. Throws `SubscribedElsewhere`. */
  subscribe({ name }: Extension, subscription: Subscription): void {
    this.telemetry.subscribe(name, subscription, (port) => (this.network as Network).connect(port), this.isJson);
    this.#listener.subscribed(name, subscription);
  }

  /** Starts the processes, and resolves when all have registered. Rejects if one could not be started, or `giveUp` was called. */
  async start(site: ExtensionSite, paths: readonly string[]): Promise<void> {
    if (this.#isEnding) throw givenUp();
    const abandoned = new Promise<never>((_, reject) => (this.#abandon = reject));
    abandoned.catch(() => {});
    const extensions = paths.map((path) => this.registry.expect(basename(path)));
    if (paths.length > maxExtensions) throw this.#notLaunched(extensions.at(-1) as Extension, "TooManyExtensions", tooManyExtensions());
    const starts = await Promise.allSettled(paths.map((path, index) => this.#startOne(site, path, extensions[index] as Extension)));
    const failed = starts.find((start) => start.status === "rejected");
    if (failed) throw failed.reason;
    await Promise.race([new Promise<void>((resolve) => this.registry.whenRegistered(resolve)), abandoned]);
  }

  invoke({ requestId, invokedFunctionArn, traceId }: InvocationRequest, deadlineMs: number): void {
    if (this.registry.isEmpty) return;
    this.registry.invoke({
      eventType: "INVOKE",
      deadlineMs,
      requestId,
      invokedFunctionArn,
      tracing: { type: "X-Amzn-Trace-Id", value: traceId },
    });
  }

  pause(): void {
    for (const { outputs } of this.#externals) for (const output of outputs) output.hold("log");
  }

  resume(): void {
    for (const { outputs } of this.#externals) for (const output of outputs) output.release("log");
  }

  flushLines(): void {
    for (const { splitters } of this.#externals) for (const splitter of splitters) splitter.flush();
  }

  /** Whoever waits for extensions is not called any more; their ends are expected. */
  giveUp(): void {
    this.#isEnding = true;
    this.registry.giveUp();
    this.#abandon?.(givenUp());
  }

  /** The Shutdown phase: asks the runtime and then the extensions to end, gives them their time, and kills what is left of them. */
  async shutDown(reason: ShutdownReason, runtime: RunningProcess | undefined): Promise<void> {
    const hasExternals = this.#externals.length > 0;
    const budgetMs = hasExternals ? withExternalMs : withInternalMs;
    const deadlineMs = this.#clock.now() + budgetMs;
    runtime?.terminate();
    // What is said of the last invocation shall be with those who subscribed before they are told that it was the last.
    const isDone = Promise.all([runtime?.exited, hasExternals ? this.telemetry.flush() : undefined]);
    await this.#within(hasExternals ? runtimeShareMs : budgetMs, isDone);
    await runtime?.stop();
    if (hasExternals) {
      this.registry.sayFarewell({ eventType: "SHUTDOWN", deadlineMs, shutdownReason: reason });
      // Who does not want to know is not waited for.
      const ends = this.#externals.map(({ extension, process }) => (extension.wants("SHUTDOWN") ? process.exited : process.stop()));
      await this.#within(deadlineMs - this.#clock.now(), Promise.all<unknown>(ends));
    }
    await Promise.all(this.#externals.map(({ process }) => process.stop()));
    for (const { outputs } of this.#externals) for (const output of outputs) output.drain();
    this.flushLines();
  }

  async #startOne({ sandbox, variables, hasOwnRoot }: ExtensionSite, path: string, extension: Extension): Promise<void> {
    const complaint = await launchComplaint(path, hasOwnRoot);
    if (complaint !== undefined) {
      const kind = complaint === "permission denied" ? "PermissionDenied" : "UnknownError";
      throw this.#notLaunched(extension, kind, extensionNotLaunched(extension.name, complaint));
    }
    const process = await sandbox.start({ program: path, args: [], variables: extensionVariables(variables), wantsFrames: false });
    const splitters = [0, 1].map(() => new LineSplitter((line) => this.#listener.extensionPrinted(line)));
    const outputs = [process.stdout, process.stderr].map(
      (stream, index) =>
        new Intake(stream, this.#clock, (chunk, maxPieces) => {
          const takenBytes = (splitters[index] as LineSplitter).push(chunk, maxPieces);
          this.#listener.batchEnded();
          return takenBytes;
        }),
    );
    this.#externals.push({ extension, process, splitters, outputs });
    void process.exited.then((exit) => this.#takeExit(extension, exit));
  }

  #takeExit(extension: Extension, exit: ProcessExit): void {
    if (this.#isEnding) return void extension.tryMove(exit.code === 0 ? "Exited" : "ShutdownFailed");
    const failure = extensionExited(exit, extension);
    this.#listener.extensionFailed(failure);
  }

  #notLaunched(extension: Extension, errorType: string, failure: Failure): ExtensionLaunchFailed {
    extension.tryMove("LaunchError");
    extension.errorType = errorType;
    return new ExtensionLaunchFailed(failure);
  }

  async #within(limitMs: number, done: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    await Promise.race([done, sleep(this.#clock, Math.max(limitMs, 0), over.signal).catch(() => {})]);
    over.abort();
  }
}

const givenUp = (): Error => new Error("the environment is being ended");

import { basename } from "node:path";
import type { Clock } from "#kit/clock.ts";
import { sleep } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { InvocationRequest } from "../contract.ts";
import type { Network, ProcessExit, RunningProcess, SharedSandbox } from "../drivers/driver.ts";
import { ExtensionLaunchFailed, extensionExited, extensionNotLaunched, tooManyExtensions, type Failure } from "../failures.ts";
import { LineSplitter } from "../line-splitter.ts";
import { Telemetry } from "../telemetry/telemetry.ts";
import type { Subscription } from "../telemetry/subscription.ts";
import type { Extension } from "./extension.ts";
import { extensionVariables, launchComplaint } from "./external-extensions.ts";
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

interface ExternalExtension {
  extension: Extension;
  process: RunningProcess;
  splitters: LineSplitter[];
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
  async start(sandbox: SharedSandbox, paths: readonly string[], variables: Readonly<Record<string, string>>): Promise<void> {
    const abandoned = new Promise<never>((_, reject) => (this.#abandon = reject));
    abandoned.catch(() => {});
    const extensions = paths.map((path) => this.registry.expect(basename(path)));
    if (paths.length > maxExtensions) throw this.#notLaunched(extensions.at(-1) as Extension, "TooManyExtensions", tooManyExtensions());
    await Promise.all(paths.map((path, index) => this.#startOne(sandbox, path, extensions[index] as Extension, variables)));
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
    for (const { process } of this.#externals) for (const stream of [process.stdout, process.stderr]) stream.pause();
  }

  resume(): void {
    for (const { process } of this.#externals) for (const stream of [process.stdout, process.stderr]) stream.resume();
  }

  flushLines(): void {
    for (const { splitters } of this.#externals) for (const splitter of splitters) splitter.flush();
  }

  /** Whoever waits for extensions is not called any more; their ends are expected. */
  giveUp(): void {
    this.#isEnding = true;
    this.registry.giveUp();
    this.#abandon?.(new Error("the environment is being ended"));
  }

  /** The Shutdown phase: asks the runtime and then the extensions to end, gives them their time, and kills what is left of them. */
  async shutDown(reason: ShutdownReason, runtime: RunningProcess | undefined): Promise<void> {
    const hasExternals = this.#externals.length > 0;
    const budgetMs = hasExternals ? withExternalMs : withInternalMs;
    const deadlineMs = this.#clock.now() + budgetMs;
    runtime?.terminate();
    await this.#within(hasExternals ? runtimeShareMs : budgetMs, runtime?.exited);
    await runtime?.stop();
    if (hasExternals) {
      void this.telemetry.flush();
      this.registry.sayFarewell({ eventType: "SHUTDOWN", deadlineMs, shutdownReason: reason });
      const listening = this.#externals.filter(({ extension }) => extension.wants("SHUTDOWN"));
      await this.#within(deadlineMs - this.#clock.now(), Promise.all([...listening.map(({ process }) => process.exited)]));
    }
    await Promise.all(this.#externals.map(({ process }) => process.stop()));
    this.flushLines();
  }

  async #startOne(sandbox: SharedSandbox, path: string, extension: Extension, variables: Readonly<Record<string, string>>): Promise<void> {
    const complaint = await launchComplaint(path);
    if (complaint !== undefined) {
      const kind = complaint === "permission denied" ? "PermissionDenied" : "UnknownError";
      throw this.#notLaunched(extension, kind, extensionNotLaunched(extension.name, complaint));
    }
    const process = await sandbox.start({ program: path, args: [], variables: extensionVariables(variables), wantsFrames: false });
    const splitters = [process.stdout, process.stderr].map((stream) => {
      const splitter = new LineSplitter((line) => this.#listener.extensionPrinted(line));
      stream.on("data", (chunk: Buffer) => {
        splitter.push(chunk);
        this.#listener.batchEnded();
      });
      return splitter;
    });
    this.#externals.push({ extension, process, splitters });
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

  async #within(limitMs: number, done: Promise<unknown> | undefined): Promise<void> {
    if (!done) return;
    const over = new AbortController();
    await Promise.race([done, sleep(this.#clock, Math.max(limitMs, 0), over.signal).catch(() => {})]);
    over.abort();
  }
}

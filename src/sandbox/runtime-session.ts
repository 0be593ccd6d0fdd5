import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { InvocationRequest } from "./contract.ts";
import type {
  Driver,
  LaunchOrder,
  MemoryImage,
  Network,
  ProcessExit,
  ProgramOrder,
  RunningProcess,
  SharedSandbox,
} from "./drivers/driver.ts";
import { ExtensionHost, type ExtensionListener } from "./extensions/extension-host.ts";
import type { ShutdownReason } from "./extensions/registry.ts";
import { withAddresses } from "./environment-variables.ts";
import { Intake } from "./intake.ts";
import { LineSplitter } from "./line-splitter.ts";
import { Rest } from "./rest.ts";
import type { RuntimeLink, RuntimeListener } from "./runtime-link.ts";

export interface OutputListener {
  /** One line of standard output or standard error. */
  printed(line: string): void;
  /** The lines that came together have all been told. */
  batchEnded(): void;
  /** The process ended, unasked. */
  exited(exit: ProcessExit): void;
}

/** `ready` and `done` are those of the runtime and its extensions together. */
export interface SessionListener extends RuntimeListener, OutputListener, ExtensionListener {
  /** The runtime has what it takes for the next invocation; extensions may not be so far. */
  runtimeDone(): void;
}

/** In less time than this a function changes little about its memory; and to ask the kernel takes longer than to write the report. */
const shortRunMs = 10;
const staleAfterMs = 1_000;

/** What a launch takes besides what the session itself provides. */
export type Order = Omit<LaunchOrder, "wantsFrames" | "mergesOutput" | "network"> & {
  /** Absolute paths of the extensions to be started before the program. */
  extensions?: readonly string[];
  /** Whether a debugger looks at the runtime, which must not stand still between invocations then. */
  isDebugged?: boolean;
};

export type OpenLink = (network: Network, listener: RuntimeListener, extensions: ExtensionHost) => Promise<RuntimeLink>;

/** One run of a runtime's process and its extensions, from launch to end, with its link and its output. An environment has one after another. */
export class RuntimeSession {
  readonly extensions: ExtensionHost;
  #listener: SessionListener;
  #splitters: LineSplitter[];
  /** Of standard output and standard error, or of both together. */
  #outputs: Intake[] = [];
  #link: RuntimeLink | undefined;
  #network: Network | undefined;
  #sandbox: SharedSandbox | undefined;
  #process: RunningProcess | undefined;
  #launching: Promise<void> | undefined;
  #isEnding = false;
  #isDebugged = false;
  #rest: Rest;
  #clock: Clock;
  #peak = { bytes: 0, askedAtMs: Number.NEGATIVE_INFINITY };

  constructor(listener: SessionListener, clock: Clock, ids: Ids) {
    this.#listener = listener;
    this.#clock = clock;
    this.#splitters = [0, 1].map(() => new LineSplitter((line) => listener.printed(line)));
    this.extensions = new ExtensionHost(clock, ids, listener);
    this.#rest = new Rest(clock, () => this.#process?.freezer);
  }

  /** Rejects if the process cannot be started; with `ExtensionLaunchFailed` if that is so of an extension. */
  launch(driver: Driver, openLink: OpenLink, order: Order): Promise<void> {
    this.#launching = this.#launch(driver, openLink, order);
    return this.#launching;
  }

  /** Makes a process that was launched ahead of need serve this order. Throws if it cannot be. */
  specialise(order: Order): void {
    const { specialise } = this.#process ?? {};
    if (!specialise || !this.#link?.specialise || !this.#network) throw new Error("this process serves one function only");
    const variables = withAddresses(order.variables, this.#link.variables);
    this.#link.specialise(specialise({ ...order, variables, network: this.#network, wantsFrames: true }));
  }

  /** Legal once, when the runtime is ready: has it prepare for a snapshot. */
  checkpoint(): void {
    this.#link?.checkpoint?.();
  }

  /** Legal once after that, or when a process that is made of an image has come up, with its `order`. Throws if that cannot have its code and limits. */
  restore(order: Order | undefined): void {
    this.#rest.end();
    const { specialise } = this.#process ?? {};
    if (order && specialise && this.#network) specialise({ ...order, network: this.#network, wantsFrames: true });
    // Nothing that differs is told by variables: credentials are asked for, and log streams are not known to functions with SnapStart.
    this.#link?.restore?.({});
  }

  /** Present once the memory of the process has been captured. */
  get image(): MemoryImage | undefined {
    return this.#process?.image;
  }

  /** Until the next invocation nothing of the function shall go on, unless somebody debugs it. Legal when runtime and extensions wait for it. */
  rest(): void {
    if (!this.#isDebugged && !this.#link?.standsStill) this.#rest.begin();
  }

  invoke(request: InvocationRequest, deadlineMs: number): void {
    this.#rest.end();
    this.extensions.invoke(request, deadlineMs);
    this.#link?.invoke(request, deadlineMs);
  }

  /** `ranMs`: how long the invocation took that has just ended. After one that was short a figure of the last second does. */
  peakMemoryBytes(ranMs = Number.POSITIVE_INFINITY): number {
    const nowMs = this.#clock.monotonicMs();
    if (ranMs >= shortRunMs || nowMs - this.#peak.askedAtMs >= staleAfterMs) {
      this.#peak = { bytes: this.#process?.peakMemoryBytes() ?? 0, askedAtMs: nowMs };
    }
    return this.#peak.bytes;
  }

  holdToCpuShare(): void {
    this.#process?.holdToCpuShare();
  }

  pause(): void {
    this.#link?.pause();
    for (const output of this.#outputs) output.hold("log");
    this.extensions.pause();
  }

  resume(): void {
    this.#link?.resume();
    for (const output of this.#outputs) output.release("log");
    this.extensions.resume();
  }

  /** Resolves when what was read of the function's output has been told; undefined if that is so. */
  linesTold(): Promise<unknown> | undefined {
    const late = this.#outputs.flatMap(({ caughtUp }) => caughtUp ?? []);
    return late.length > 0 ? Promise.all(late) : undefined;
  }

  /** Gives out the lines that were begun, as if they had ended. */
  flushLines(): void {
    for (const splitter of this.#splitters) splitter.flush();
    this.extensions.flushLines();
  }

  /** Kills every process, at once unless there are extensions; the listener still gets the output that was on its way, and nothing else. */
  async end(reason: ShutdownReason = "spindown"): Promise<void> {
    this.#isEnding = true;
    this.#rest.stop();
    const isAlone = this.extensions.registry.isEmpty;
    if (isAlone) this.#link?.close();
    this.extensions.giveUp();
    await this.#launching?.catch(() => {});
    // What a runtime logs while it is asked to end is still told.
    if (!isAlone) await this.extensions.shutDown(reason, this.#process);
    // A launch that was under way has opened its link meanwhile.
    this.#link?.close();
    this.extensions.telemetry.close();
    await this.#process?.stop();
    await this.#sandbox?.stop();
    this.#network?.close();
    this.#network = undefined;
    this.#drain();
  }

  async #launch(driver: Driver, openLink: OpenLink, order: Order): Promise<void> {
    const network = driver.openNetwork();
    this.#network = network;
    this.extensions.network = network;
    this.#isDebugged = order.isDebugged ?? false;
    const link = await openLink(network, this.#gated(), this.extensions);
    this.#link = link;
    const variables = withAddresses(order.variables, link.variables);
    const program = { ...order, variables, network, wantsFrames: link.wantsFrames, mergesOutput: true };
    const process = order.extensions?.length ? await this.#launchBeside(order.extensions, driver, program) : await driver.launch(program);
    this.#process = process;
    link.attach(process, this.#clock);
    const outputs = [...new Set([process.stdout, process.stderr])];
    this.#outputs = outputs.map((stream, index) => this.#read(stream, this.#splitters[index] as LineSplitter));
    void process.exited.then((exit) => {
      if (this.#isEnding) return;
      this.#drain();
      this.#listener.exited(exit);
    });
  }

  /** The extensions first, and the runtime when all of them have registered. */
  async #launchBeside(extensions: readonly string[], driver: Driver, order: LaunchOrder): Promise<RunningProcess> {
    if (!driver.openSandbox) throw new Error(`extensions cannot be started by the driver "${driver.describe().name}"`);
    const sandbox = await driver.openSandbox(order);
    this.#sandbox = sandbox;
    await this.extensions.start({ sandbox, variables: order.variables, hasOwnRoot: order.folders.root !== undefined }, extensions);
    const { program, args, workingDirectory, variables, wantsFrames } = order;
    const runtime: ProgramOrder = { program, args, variables, wantsFrames, ...(workingDirectory !== undefined && { workingDirectory }) };
    return sandbox.start(runtime);
  }

  /** What the link tells, until the end: but what all have to agree on only when they do. */
  #gated(): RuntimeListener {
    const listener = this.#listener;
    const { registry } = this.extensions;
    return {
      ready: () => {
        if (this.#isEnding) return;
        if (this.#isDebugged || !registry.isEmpty) this.#link?.linger?.();
        registry.whenReady(() => listener.ready());
      },
      done: () => {
        if (this.#isEnding) return;
        listener.runtimeDone();
        registry.whenIdle(() => listener.done());
      },
      initFailed: (payload) => {
        if (!this.#isEnding) listener.initFailed(payload);
      },
      checkpointed: (outcome) => {
        if (!this.#isEnding) listener.checkpointed(outcome);
      },
      restored: () => {
        if (!this.#isEnding) listener.restored();
      },
      restoreFailed: (payload) => {
        if (!this.#isEnding) listener.restoreFailed(payload);
      },
      credentialsFor: (token) => listener.credentialsFor(token),
      answered: (answer) => {
        if (!this.#isEnding) listener.answered(answer);
      },
      logged: (timestampMs, message) => {
        // CloudWatch Logs takes no empty ones.
        if (message !== "") listener.logged(timestampMs, message);
      },
      violated: (reason) => {
        if (!this.#isEnding) listener.violated(reason);
      },
    };
  }

  #read(stream: RunningProcess["stdout"], splitter: LineSplitter): Intake {
    return new Intake(stream, this.#clock, (chunk, maxPieces) => {
      const takenBytes = splitter.push(chunk, maxPieces);
      this.#listener.batchEnded();
      return takenBytes;
    });
  }

  /** Nothing more will come. */
  #drain(): void {
    for (const output of this.#outputs) output.drain();
    this.flushLines();
  }
}

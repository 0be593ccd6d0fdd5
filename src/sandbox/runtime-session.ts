import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { InvocationRequest } from "./contract.ts";
import type { Driver, LaunchOrder, Network, ProcessExit, ProgramOrder, RunningProcess, SharedSandbox } from "./drivers/driver.ts";
import { ExtensionHost, type ExtensionListener } from "./extensions/extension-host.ts";
import type { ShutdownReason } from "./extensions/registry.ts";
import { LineSplitter } from "./line-splitter.ts";
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

/** What a launch takes besides what the session itself provides. */
export type Order = Omit<LaunchOrder, "wantsFrames" | "network"> & {
  /** Absolute paths of the extensions to be started before the program. */
  extensions?: readonly string[];
};

export type OpenLink = (network: Network, listener: RuntimeListener, extensions: ExtensionHost) => Promise<RuntimeLink>;

/** One run of a runtime's process and its extensions, from launch to end, with its link and its output. An environment has one after another. */
export class RuntimeSession {
  readonly extensions: ExtensionHost;
  #listener: SessionListener;
  #splitters: LineSplitter[];
  #link: RuntimeLink | undefined;
  #network: Network | undefined;
  #sandbox: SharedSandbox | undefined;
  #process: RunningProcess | undefined;
  #launching: Promise<void> | undefined;
  #isEnding = false;

  constructor(listener: SessionListener, clock: Clock, ids: Ids) {
    this.#listener = listener;
    this.#splitters = [0, 1].map(() => new LineSplitter((line) => listener.printed(line)));
    this.extensions = new ExtensionHost(clock, ids, listener);
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
    const variables = { ...order.variables, ...this.#link.variables };
    this.#link.specialise(specialise({ ...order, variables, network: this.#network, wantsFrames: true }));
  }

  invoke(request: InvocationRequest, deadlineMs: number): void {
    this.extensions.invoke(request, deadlineMs);
    this.#link?.invoke(request, deadlineMs);
  }

  peakMemoryBytes(): number {
    return this.#process?.peakMemoryBytes() ?? 0;
  }

  holdToCpuShare(): void {
    this.#process?.holdToCpuShare();
  }

  pause(): void {
    this.#link?.pause();
    for (const stream of this.#outputs()) stream.pause();
    this.extensions.pause();
  }

  resume(): void {
    this.#link?.resume();
    for (const stream of this.#outputs()) stream.resume();
    this.extensions.resume();
  }

  /** Gives out the lines that were begun, as if they had ended. */
  flushLines(): void {
    for (const splitter of this.#splitters) splitter.flush();
    this.extensions.flushLines();
  }

  /** Kills every process, at once unless there are extensions; the listener still gets the output that was on its way, and nothing else. */
  async end(reason: ShutdownReason = "spindown"): Promise<void> {
    this.#isEnding = true;
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
    this.flushLines();
  }

  async #launch(driver: Driver, openLink: OpenLink, order: Order): Promise<void> {
    const network = driver.openNetwork();
    this.#network = network;
    this.extensions.network = network;
    const link = await openLink(network, this.#gated(), this.extensions);
    this.#link = link;
    const variables = { ...order.variables, ...link.variables };
    const program = { ...order, variables, network, wantsFrames: link.wantsFrames };
    const process = order.extensions?.length ? await this.#launchBeside(order.extensions, driver, program) : await driver.launch(program);
    this.#process = process;
    link.attach(process);
    this.#outputs().forEach((stream, index) => {
      stream.on("data", (chunk: Buffer) => {
        this.#splitters[index]?.push(chunk);
        this.#listener.batchEnded();
      });
    });
    void process.exited.then((exit) => {
      if (this.#isEnding) return;
      this.flushLines();
      this.#listener.exited(exit);
    });
  }

  /** The extensions first, and the runtime when all of them have registered. */
  async #launchBeside(extensions: readonly string[], driver: Driver, order: LaunchOrder): Promise<RunningProcess> {
    if (!driver.openSandbox) throw new Error(`extensions cannot be started by the driver "${driver.describe().name}"`);
    const sandbox = await driver.openSandbox(order);
    this.#sandbox = sandbox;
    await this.extensions.start(sandbox, extensions, order.variables);
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
        if (!registry.isEmpty) this.#link?.linger?.();
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
      answered: (answer) => {
        if (!this.#isEnding) listener.answered(answer);
      },
      logged: (timestampMs, message) => listener.logged(timestampMs, message),
      violated: (reason) => {
        if (!this.#isEnding) listener.violated(reason);
      },
    };
  }

  #outputs(): RunningProcess["stdout"][] {
    return this.#process ? [this.#process.stdout, this.#process.stderr] : [];
  }
}

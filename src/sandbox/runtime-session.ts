import { LineSplitter } from "./line-splitter.ts";
import type { InvocationRequest } from "./contract.ts";
import type { Driver, LaunchOrder, Network, ProcessExit, RunningProcess } from "./drivers/driver.ts";
import type { RuntimeLink } from "./runtime-link.ts";

export interface OutputListener {
  /** One line of standard output or standard error. */
  printed(line: string): void;
  /** The lines that came together have all been told. */
  batchEnded(): void;
  /** The process ended, unasked. */
  exited(exit: ProcessExit): void;
}

/** What a launch takes besides what the session itself provides. */
export type Order = Omit<LaunchOrder, "wantsFrames" | "network">;

type OpenLink = (network: Network) => Promise<RuntimeLink>;

/** One run of a runtime's process, from launch to end, with its link and its output. An environment has one after another. */
export class RuntimeSession {
  #listener: OutputListener;
  #splitters: LineSplitter[];
  #link: RuntimeLink | undefined;
  #network: Network | undefined;
  #process: RunningProcess | undefined;
  #launching: Promise<void> | undefined;
  #isEnding = false;

  constructor(listener: OutputListener) {
    this.#listener = listener;
    this.#splitters = [0, 1].map(() => new LineSplitter((line) => listener.printed(line)));
  }

  /** Rejects if the process cannot be started. */
  launch(driver: Driver, openLink: OpenLink, order: Order): Promise<void> {
    this.#launching = this.#launch(driver, openLink, order);
    return this.#launching;
  }

  /** Makes a process that was launched ahead of need serve this order. Throws if it cannot be. */
  specialise(order: Order): void {
    const { specialise } = this.#process ?? {};
    if (!specialise || !this.#link?.specialise || !this.#network) throw new Error("this process serves one function only");
    this.#link.specialise(specialise({ ...order, network: this.#network, wantsFrames: true }));
  }

  invoke(request: InvocationRequest, deadlineMs: number): void {
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
  }

  resume(): void {
    this.#link?.resume();
    for (const stream of this.#outputs()) stream.resume();
  }

  /** Gives out the lines that were begun, as if they had ended. */
  flushLines(): void {
    for (const splitter of this.#splitters) splitter.flush();
  }

  /** Kills every process; the listener still gets the output that was on its way, and nothing else. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#link?.close();
    await this.#launching?.catch(() => {});
    // A launch that was under way has opened its link meanwhile.
    this.#link?.close();
    await this.#process?.stop();
    this.#network?.close();
    this.#network = undefined;
    this.flushLines();
  }

  async #launch(driver: Driver, openLink: OpenLink, order: Order): Promise<void> {
    const network = driver.openNetwork();
    this.#network = network;
    const link = await openLink(network);
    this.#link = link;
    const variables = { ...order.variables, ...link.variables };
    const process = await driver.launch({ ...order, variables, network, wantsFrames: link.wantsFrames });
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

  #outputs(): RunningProcess["stdout"][] {
    return this.#process ? [this.#process.stdout, this.#process.stderr] : [];
  }
}

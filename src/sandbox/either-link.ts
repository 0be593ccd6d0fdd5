import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { InvocationRequest } from "./contract.ts";
import type { Network, RunningProcess } from "./drivers/driver.ts";
import type { ExtensionHost } from "./extensions/extension-host.ts";
import { FramedLink } from "./framed-link.ts";
import { openRuntimeApi } from "./runtime-api/server.ts";
import type { RuntimeLink, RuntimeListener } from "./runtime-link.ts";

/**
 * A managed runtime speaks frames, but its environment has a Runtime API all the same: for extensions, for those parts of the runtime that register
 * as one, and for programs that a wrapper script starts in the place of the runtime. Who is ready first is the runtime.
 */
export class EitherLink implements RuntimeLink {
  readonly wantsFrames = true;
  readonly variables: Readonly<Record<string, string>>;
  #framed: FramedLink;
  #api: RuntimeLink;
  #chosen: RuntimeLink | undefined;

  private constructor(framed: FramedLink, api: RuntimeLink) {
    this.variables = api.variables;
    this.#framed = framed;
    this.#api = api;
  }

  /** `onBooted`: see FramedLink. */
  static async open(
    listener: RuntimeListener,
    ids: Ids,
    network: Network,
    extensions: ExtensionHost,
    onBooted?: () => void,
  ): Promise<EitherLink> {
    const choosing = (choose: (link: EitherLink) => RuntimeLink): RuntimeListener => ({
      ...listener,
      ready: () => {
        if (link.#choose(choose(link))) listener.ready();
      },
    });
    const framed = new FramedLink(
      choosing((own) => own.#framed),
      onBooted,
    );
    const api = await openRuntimeApi(
      choosing((own) => own.#api),
      ids,
      network,
      extensions,
    );
    const link: EitherLink = new EitherLink(framed, api);
    return link;
  }

  attach(process: RunningProcess, clock: Clock): void {
    this.#framed.attach(process, clock);
    this.#api.attach(process, clock);
  }

  specialise(variables: Readonly<Record<string, string>>): void {
    this.#framed.specialise(variables);
  }

  /** Some other program in the place of the runtime cannot be told; it waits for its invocation anyway. */
  checkpoint(): void {
    (this.#chosen ?? this.#framed).checkpoint?.();
  }

  restore(variables: Readonly<Record<string, string>>): void {
    // Of an image nobody has said that he is ready; only what speaks frames is made of one.
    this.#chosen ??= this.#framed;
    this.#chosen.restore?.(variables);
  }

  get standsStill(): boolean {
    return this.#chosen === this.#framed && this.#framed.standsStill;
  }

  linger(): void {
    if (this.#chosen === this.#framed) this.#framed.linger();
  }

  invoke(request: InvocationRequest, deadlineMs: number): void {
    this.#chosen?.invoke(request, deadlineMs);
  }

  pause(): void {
    this.#framed.pause();
  }

  resume(): void {
    this.#framed.resume();
  }

  close(): void {
    this.#framed.close();
    this.#api.close();
  }

  #choose(link: RuntimeLink): boolean {
    if (this.#chosen) return false;
    this.#chosen = link;
    // What comes by frames besides is not the runtime's.
    if (link === this.#api) this.#framed.close();
    return true;
  }
}

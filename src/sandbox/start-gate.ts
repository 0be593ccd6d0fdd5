import type { Clock } from "#kit/clock.ts";
import { SandboxBusy } from "./contract.ts";

/** How long a start counts as one: an initialisation that takes longer than this mostly waits, and holds nobody up. */
const startMs = 500;
/** How long an invocation waits for its turn; then it is refused. */
const maxWaitMs = 30_000;

export interface GateLimits {
  /** Environments that start at once: more would only hold each other up, until none is ready in time. */
  starts: number;
  /** Invocations that wait for their turn. */
  waiting: number;
}

/** An invocation that waits for its turn to start an environment. */
interface Turn {
  begin(): void;
  refuse(error: Error): void;
}

/** Lets in a few starts of environments at once, the others in the order of their arrival. */
export class StartGate {
  #clock: Clock;
  #limits: GateLimits;
  #startingCount = 0;
  #turns = new Set<Turn>();

  constructor(clock: Clock, limits: GateLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get isOpen(): boolean {
    return this.#startingCount < this.#limits.starts;
  }

  /** Runs a start: its own turn ends with it, or earlier if it takes long. */
  async run<T>(start: () => Promise<T>): Promise<T> {
    this.#startingCount++;
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      this.#startingCount--;
      for (const turn of this.#turns) if (this.isOpen) turn.begin();
    };
    const timer = this.#clock.after(startMs, over);
    return start().finally(over);
  }

  /** Calls exactly one of the two, later, unless `leave` is called before; `begin` is to call `run`. Throws `SandboxBusy` if too many wait. */
  queue(begin: () => void, refuse: (error: Error) => void): { leave: () => void } {
    if (this.#turns.size >= this.#limits.waiting) throw new SandboxBusy("too many execution environments are to be started");
    const leave = (): void => {
      timer.cancel();
      this.#turns.delete(turn);
    };
    const turn: Turn = {
      begin() {
        leave();
        begin();
      },
      refuse(error) {
        leave();
        refuse(error);
      },
    };
    const timer = this.#clock.after(maxWaitMs, () => turn.refuse(new SandboxBusy("no execution environment could be started in time")));
    this.#turns.add(turn);
    return { leave };
  }

  refuseAll(error: Error): void {
    for (const turn of this.#turns) turn.refuse(error);
  }
}

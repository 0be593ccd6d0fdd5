import type { Clock } from "#kit/clock.ts";
import { SandboxBusy } from "./contract.ts";

/** How long a start counts as one: an initialisation that takes longer than this mostly waits, and holds nobody up. */
const startMs = 500;
/**
 * How long an invocation waits for its turn; then it is refused, before clients give up by themselves: those of boto3 do after a minute.
 * https://botocore.amazonaws.com/v1/documentation/api/latest/reference/config.html (read_timeout)
 */
const maxWaitMs = 55_000;

export interface GateLimits {
  /** Environments that start at once: more would only hold each other up, until none is ready in time. */
  starts: number;
  /** Invocations that wait for their turn. */
  waiting: number;
}

/** One that waits for its turn to start an environment. */
interface Turn {
  begin(): void;
  refuse(error: Error): void;
}

/**
 * Lets in a few starts of environments at once. The others wait in lanes, one per function: each in the order of arrival, and the lanes take turns,
 * so that a function that wants a thousand environments holds up no other that wants one.
 */
export class StartGate {
  #clock: Clock;
  #limits: GateLimits;
  #startingCount = 0;
  #waitingCount = 0;
  /** None is empty. The first one is next, and goes to the end then. */
  #lanes = new Map<string, Set<Turn>>();

  constructor(clock: Clock, limits: GateLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get isOpen(): boolean {
    return this.#startingCount < this.#limits.starts;
  }

  /** Those that were let in and are not ready yet. */
  get startingCount(): number {
    return this.#startingCount;
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
      while (this.isOpen && this.#lanes.size > 0) this.#beginNext();
    };
    const timer = this.#clock.after(startMs, over);
    return start().finally(over);
  }

  /**
   * Calls exactly one of the two, later, unless `leave` is called before; `begin` is to call `run`. Throws `SandboxBusy` if too many wait: but then the
   * last of the longest lane goes first.
   */
  queue(laneName: string, begin: () => void, refuse: (error: Error) => void): { leave: () => void } {
    if (this.#waitingCount >= this.#limits.waiting) this.#makeRoomFor(laneName);
    const leave = (): void => {
      timer.cancel();
      this.#remove(laneName, turn);
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
    const lane = this.#lanes.get(laneName);
    if (lane) lane.add(turn);
    else this.#lanes.set(laneName, new Set([turn]));
    this.#waitingCount++;
    return { leave };
  }

  refuseAll(error: Error): void {
    for (const lane of this.#lanes.values()) for (const turn of lane) turn.refuse(error);
  }

  #beginNext(): void {
    const [name, lane] = this.#lanes.entries().next().value as [string, Set<Turn>];
    this.#lanes.delete(name);
    this.#lanes.set(name, lane);
    (lane.values().next().value as Turn).begin();
  }

  /** At the cost of the lane that is longer than all others would be. */
  #makeRoomFor(laneName: string): void {
    const busy = new SandboxBusy("too many execution environments are to be started");
    const longest = [...this.#lanes.values()].reduce((one, other) => (other.size > one.size ? other : one));
    const ownSize = this.#lanes.get(laneName)?.size ?? 0;
    if (longest.size <= ownSize + 1) throw busy;
    [...longest].at(-1)?.refuse(busy);
  }

  #remove(laneName: string, turn: Turn): void {
    const lane = this.#lanes.get(laneName);
    if (!lane?.delete(turn)) return;
    this.#waitingCount--;
    if (lane.size === 0) this.#lanes.delete(laneName);
  }
}

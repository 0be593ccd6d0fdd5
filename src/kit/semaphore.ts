/** Lets at most `permits` holders in at a time; others wait in the order of their arrival. */
export class Semaphore {
  #free: number;
  #waiting: Array<() => void> = [];

  constructor(permits: number) {
    this.#free = permits;
  }

  /** Runs `action` with a permit held. */
  async run<T>(action: () => Promise<T>): Promise<T> {
    await this.#acquire();
    try {
      return await action();
    } finally {
      this.#release();
    }
  }

  async #acquire(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

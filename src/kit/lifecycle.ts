/**
 * What was started is stopped in the reverse order, each thing once, whatever fails on the way.
 */
export class Lifecycle implements AsyncDisposable {
  #stops: Array<{ name: string; stop: () => PromiseLike<void> | void }> = [];

  /** Registers how to stop something that runs now. */
  onStop(name: string, stop: () => PromiseLike<void> | void): void {
    this.#stops.push({ name, stop });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: Error[] = [];
    for (let next = this.#stops.pop(); next !== undefined; next = this.#stops.pop()) {
      try {
        await next.stop();
      } catch (error) {
        failures.push(new Error(`stopping ${next.name} failed`, { cause: error }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map((failure) => failure.message).join("; "));
  }
}

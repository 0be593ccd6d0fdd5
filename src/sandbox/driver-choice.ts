import { type EnvironmentSpec, SandboxFailure } from "./contract.ts";
import type { Driver } from "./drivers/driver.ts";
import type { MemoryUse } from "./memory-budget.ts";

/**
 * Which driver runs a function: the one that the operator chose; container images, which not every driver can run, by one beside it, opened when the
 * first of them is wanted.
 */
export class DriverChoice implements AsyncDisposable {
  readonly chosen: Driver;
  #openContainers: () => Promise<Driver>;
  #containers: Promise<Driver> | undefined;
  #openedContainers: Driver | undefined;

  constructor(chosen: Driver, openContainers: () => Promise<Driver>) {
    this.chosen = chosen;
    this.#openContainers = openContainers;
  }

  /** Rejects with `SandboxFailure`. A failure is not remembered: what is missing may be installed meanwhile. */
  async driverFor({ image }: Pick<EnvironmentSpec, "image">): Promise<Driver> {
    if (image === undefined || this.chosen.hasImages) return this.chosen;
    this.#containers ??= this.#openContainers();
    try {
      return (this.#openedContainers = await this.#containers);
    } catch (error) {
      this.#containers = undefined;
      const message = `Container images cannot be run here: ${(error as Error).message}. They take Linux, root, and runc.`;
      throw new SandboxFailure("runtime-missing", message, { cause: error });
    }
  }

  /** Of all that runs, where the drivers can tell. */
  memoryUse(): MemoryUse | undefined {
    const uses = [this.chosen, this.#openedContainers].flatMap((driver) => driver?.memoryUse?.() ?? []);
    const [first] = uses;
    return first && { usedBytes: uses.reduce((sum, { usedBytes }) => sum + usedBytes, 0), limitBytes: first.limitBytes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const containers = await this.#containers?.catch(() => undefined);
    await Promise.all([this.chosen[Symbol.asyncDispose](), containers?.[Symbol.asyncDispose]()]);
  }
}

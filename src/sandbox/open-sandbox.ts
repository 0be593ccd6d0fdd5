import { totalmem } from "node:os";
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import type { LogSink, Sandbox } from "./contract.ts";
import type { Driver } from "./drivers/driver.ts";
import { openNamespaceDriver } from "./drivers/linux/namespaces.ts";
import { openProcessDriver } from "./drivers/process.ts";
import { EnvironmentPool, type PoolLimits } from "./pool.ts";
import { prepareCode, prepareEnvironment, type UnpackedCode } from "./prepare-environment.ts";
import { RuntimeCatalog } from "./runtimes/catalog.ts";

/** What an environment takes at least, mostly shared with its siblings. */
const leastEnvironmentBytes = 16 * 1024 * 1024;

/** AWS's thousand, or as many as the machine's memory can hold. */
const defaultLimits: PoolLimits = { environments: Math.min(1_000, Math.floor(totalmem() / leastEnvironmentBytes)), idleMs: 10 * 60 * 1000 };

/** Which driver runs functions; `auto`: the one that isolates, where it works. */
export type Isolation = "auto" | "namespaces" | "none";

export interface SandboxOptions {
  isolation: Isolation;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** Absolute; of this process alone. What an earlier process left in it is ended and removed. */
  runFolder: string;
  /** Where interpreters that were fetched are kept. */
  toolchainFolder: string;
  /** The product's own folder, with `runtimes/` and `node_modules/`. */
  productFolder: string;
  /** As in PATH: where interpreters of runtimes are looked for. */
  searchPath: string;
  unpacked: UnpackedCode;
  logSink: LogSink;
  limits?: PoolLimits;
}

/**
 * The sandbox runs functions: a pool of execution environments (pool.ts, environment.ts), each a process that a driver started
 * (drivers/), which talks with us by frames or by the Runtime API (framed-link.ts, runtime-api/). It knows functions, not AWS requests.
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { clock, log, runFolder } = options;
  const driver = await openDriver(options.isolation, { runFolder, clock, log });
  const workshop = { ...options, driver, catalog: new RuntimeCatalog(options) };
  const pool = new EnvironmentPool(clock, options.limits ?? defaultLimits, (spec, events) => prepareEnvironment(workshop, spec, events));
  return {
    invoke: (spec, request) => pool.invoke(spec, request),
    prepare: async (spec) => void (await prepareCode(workshop, spec)),
    retire: (specKey) => pool.retire(specKey),
    describe: () => driver.describe(),
    drain: (graceMs) => pool.drain(graceMs),
    async [Symbol.asyncDispose]() {
      await pool.drain(0);
      await driver[Symbol.asyncDispose]();
    },
  };
}

async function openDriver(isolation: Isolation, options: { runFolder: string; clock: Clock; log: Log }): Promise<Driver> {
  if (isolation === "none") return openProcessDriver(options);
  try {
    return await openNamespaceDriver(options);
  } catch (error) {
    const isolationFailure = (error as Error).message;
    if (isolation === "namespaces")
      throw new Error(`Functions cannot be isolated by namespaces here: ${isolationFailure}.`, { cause: error });
    return openProcessDriver({ ...options, isolationFailure });
  }
}

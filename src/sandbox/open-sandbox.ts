import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import type { LogSink, Sandbox } from "./contract.ts";
import { Debugging } from "./debugging.ts";
import type { Driver } from "./drivers/driver.ts";
import { DriverChoice } from "./driver-choice.ts";
import { ForkTrials, type Manner } from "./fork-trials.ts";
import { sweepLeftovers } from "./drivers/leftovers.ts";
import { openNamespaceDriver } from "./drivers/linux/namespaces.ts";
import type { OutboundPolicy } from "./drivers/linux/network/policy.ts";
import { openProcessDriver } from "./drivers/process.ts";
import { defaultFunctionMemoryMb, environmentsByDescriptors, machineMemory, TaskBudget } from "./machine.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { EnvironmentPool, type PoolLimits } from "./pool.ts";
import type { CreateMember, Room } from "./pool-member.ts";
import { prepareCode, prepareEnvironment, type UnpackedCode, type Workshop } from "./prepare-environment.ts";
import { RuntimeCatalog } from "./runtimes/catalog.ts";
import { Standbys } from "./standbys.ts";

/** How many fit into the memory is seen when they are there. */
const defaultLimits: PoolLimits = {
  environments: environmentsByDescriptors(),
  starts: 4 * availableParallelism(),
  idleMs: 10 * 60 * 1000,
};

/** Which driver runs functions; `auto`: the one that isolates, where it works. */
export type Isolation = "auto" | "namespaces" | "oci" | "none";

export interface SandboxOptions {
  isolation: Isolation;
  /** Which container runtime: a program on the PATH, or its path. */
  ociRuntime: string;
  /** Where isolated functions may go. */
  outbound: OutboundPolicy;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** Absolute; of this process alone. What an earlier process left in it is ended and removed. */
  runFolder: string;
  /** A file of this process alone that survives it: what was found out about isolation, so that the next start need not. */
  trialFile?: string;
  /** Where the native launcher is kept, which is compiled at the first start; without it, none is used. */
  nativeFolder?: string | undefined;
  /** Where interpreters that were fetched are kept. */
  toolchainFolder: string;
  /** Base URL of a Maven repository; without it, the one that this machine's Maven asks. */
  mavenRepository?: string | undefined;
  /** The product's own folder, with `runtimes/` and `node_modules/`. */
  productFolder: string;
  /** As in PATH: where interpreters of runtimes are looked for. */
  searchPath: string;
  unpacked: UnpackedCode;
  logSink: LogSink;
  /** Functions to be debugged, by name, and at which port; undefined: the usual one. */
  debugged?: ReadonlyMap<string, number | undefined>;
  /** How many processes of each runtime are started ahead of need at most, where the driver can do that; 0: none. */
  standbysPerRuntime: number;
  /** Whether processes may be forks of one that has the runtime loaded, where that works. */
  usesForkServers: boolean;
  /** For all functions together; what is not given is chosen to fit the machine. */
  functionMemoryMb?: number | undefined;
  limits?: Partial<PoolLimits>;
}

/**
 * The sandbox runs functions: a pool of execution environments (pool.ts, environment.ts), each a process that a driver started
 * (drivers/), which talks with us by frames or by the Runtime API (framed-link.ts, runtime-api/). It knows functions, not AWS requests.
 */
export async function openSandbox(options: SandboxOptions): Promise<OpenedSandbox> {
  const { clock } = options;
  const driver = await openDriver(options);
  const drivers = new DriverChoice(driver, () => openContainers(options));
  const driverFor: Workshop["driverFor"] = (spec) => drivers.driverFor(spec);
  const debugging = options.debugged && new Debugging(options.debugged, options.log);
  const workshop: Workshop = { ...options, driver, driverFor, catalog: new RuntimeCatalog(options), ...(debugging && { debugging }) };
  const { standbysPerRuntime: perKind, usesForkServers, productFolder, trialFile } = options;
  const trials =
    driver.prepareFork && driver.canSpecialise && usesForkServers
      ? new ForkTrials({ workshop, productFolder, trialFile: trialFile && `${trialFile}-forks` })
      : undefined;
  const standbys = driver.canSpecialise && (perKind > 0 || trials) ? new Standbys(workshop, { perKind, trials }) : undefined;
  const create: CreateMember = (spec, events, initialisation, image) =>
    prepareEnvironment({ ...workshop, ...(standbys && { standbys }) }, spec, events, initialisation, image);
  const memory = new MemoryBudget(clock, [() => drivers.memoryUse(), machineMemory]);
  const tasks = new TaskBudget(clock);
  const room: Room = { hasRoomFor: (more, ready) => memory.hasRoomFor(more, ready) && tasks.hasRoomFor(more) };
  const pool = new EnvironmentPool(clock, { ...defaultLimits, ...options.limits }, create, room);
  return {
    invoke: (spec, request) => pool.invoke(spec, request),
    async prepare(spec) {
      const code = await prepareCode(workshop, spec);
      if (!spec.image) await standbys?.expect(spec, code);
    },
    provision: (spec, count) => pool.provision(spec, count),
    provisioned: (specKey) => pool.provisioned(specKey),
    snapshot: (spec) => pool.snapshot(spec),
    retire: (specKey) => pool.retire(specKey),
    describe: () => ({ ...driver.describe(), ...(standbys && { starts: startsBy(perKind, trials) }) }),
    examineForks: async (runtime, manner) =>
      trials
        ? trials.examine({ runtime, architecture: "x86_64", endpointUrl: "http://127.0.0.1" }, manner)
        : "they are switched off, or not for this driver",
    drain: (graceMs) => pool.drain(graceMs),
    async [Symbol.asyncDispose]() {
      await Promise.all([pool.drain(0), standbys?.close(), trials?.close()]);
      await drivers[Symbol.asyncDispose]();
    },
  };
}

export interface OpenedSandbox extends Sandbox {
  /** Resolves with why processes of that runtime do not come about in that manner; undefined if they do. That is tried out, unless it is known. */
  examineForks(runtime: string, manner: Manner): Promise<string | undefined>;
}

function startsBy(perKind: number, trials: ForkTrials | undefined): string {
  const ahead = perKind > 0 ? `up to ${perKind} of a runtime are started ahead of need` : "";
  const forks = trials ? "forked from a process that has the runtime loaded, where that proves to work (npm run doctor)" : "";
  return [ahead, forks].filter(Boolean).join("; else ");
}

/** What was asked for cannot be had on this machine; the message says what to do. */
export class IsolationImpossible extends Error {
  constructor(how: "namespaces" | "containers", cause: Error) {
    super(
      `Functions cannot be isolated by ${how} here: ${cause.message}. Start with --isolation auto for the best that works, or with --isolation none to run only code that you trust; docs/security.md says what each takes.`,
      { cause },
    );
    this.name = "IsolationImpossible";
  }
}

async function openDriver(sandboxOptions: SandboxOptions): Promise<Driver> {
  const { isolation, outbound, nativeFolder, runFolder, trialFile, clock, log, functionMemoryMb, usesForkServers } = sandboxOptions;
  const options = { runFolder, clock, log };
  if (isolation === "none") return openProcessDriver(options);
  if (isolation === "oci") {
    await sweepLeftovers(runFolder, log);
    return openContainers(sandboxOptions).catch((error: unknown) => {
      throw new IsolationImpossible("containers", error as Error);
    });
  }
  try {
    return await openNamespaceDriver({
      ...options,
      outbound,
      nativeFolder,
      usesForkServers,
      trialFile,
      functionMemoryMb: functionMemoryMb ?? defaultFunctionMemoryMb(),
      allowsRootless: isolation === "auto",
    });
  } catch (error) {
    if (isolation === "namespaces") throw new IsolationImpossible("namespaces", error as Error);
    return openProcessDriver({ ...options, isolationFailure: (error as Error).message });
  }
}

/** Loaded when it is wanted. Leaves the folders of environments alone: they may be those of another driver. */
async function openContainers({ ociRuntime, runFolder, clock, log, outbound, functionMemoryMb }: SandboxOptions): Promise<Driver> {
  const { openOciDriver } = await import("./drivers/oci/oci.ts");
  return openOciDriver({
    runtime: ociRuntime,
    folder: join(runFolder, "oci"),
    clock,
    log,
    outbound,
    functionMemoryMb: functionMemoryMb ?? defaultFunctionMemoryMb(),
  });
}

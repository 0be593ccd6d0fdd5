/**
 * `npm run doctor`: what a start with the same settings would find here, and what would make it better. It is a mode of main.ts and no client of a
 * running Pilotlight, because who needs it most is who cannot start; so it sees the same settings, user, PATH and kernel as a start does.
 */
import { mkdtemp, open, rm, stat, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "#kit/clock.ts";
import { randomIds } from "#kit/ids.ts";
import { silentLog } from "#kit/log.ts";
import type { DriverDescription } from "#sandbox/contract.ts";
import { examineMachine, examineRuntimes, type Finding } from "#sandbox/examine.ts";
import { type OpenedSandbox, openSandbox, type SandboxOptions } from "#sandbox/open-sandbox.ts";
import { runnable } from "#services/lambda/runtimes.ts";
import type { Config } from "./config.ts";

/** What the sandbox takes of the settings. */
export type SandboxSettings = Omit<SandboxOptions, "clock" | "ids" | "log" | "runFolder" | "unpacked" | "logSink">;

/** Below this there is no room for packages and logs. */
const leastFreeBytes = 2 ** 30;
/** A write is answered when it is on disk: one that takes longer is felt. */
const slowSyncMs = 50;

/** Writes a report. Resolves with whether a start would work. */
export async function examine(config: Config, settings: SandboxSettings, print: (line: string) => void): Promise<boolean> {
  const runtimes = runnable.filter((runtime) => !runtime.startsWith("provided"));
  const [machine, interpreters, data] = await Promise.all([
    examineMachine(config.ociRuntime),
    examineRuntimes(runtimes, { ...settings, log: silentLog }),
    examineDataFolder(config.dataFolder),
  ]);
  const located = interpreters.filter(({ remedy }) => remedy === undefined).map(({ what }) => what);
  const driver = await describeDriver(settings, located);
  print("Pilotlight's doctor: what a start would find here");
  if (driver instanceof Error) print(`  driver     none: ${driver.message}`);
  else {
    print(`  driver     ${driver.name}: ${driver.isolation}`);
    for (const line of driver.advice) print(`             ${line}`);
  }
  const forks = driver instanceof Error ? [] : driver.forks;
  const findings = [...machine, ...interpreters, ...forks, ...data];
  const width = Math.max(...findings.map(({ what }) => what.length));
  for (const { what, found, remedy } of findings) {
    print(`  ${remedy === undefined ? "ok" : "--"}  ${what.padEnd(width)}  ${found}`);
    if (remedy !== undefined) print(`      ${" ".repeat(width)}  ${remedy}`);
  }
  const isStartable = !(driver instanceof Error) && data.every(({ isFatal }) => !isFatal);
  print(isStartable ? "A start works here." : "A start fails here.");
  return isStartable;
}

/** The driver that a start would take, or why there would be none. */
async function describeDriver(
  settings: SandboxSettings,
  runtimes: readonly string[],
): Promise<(DriverDescription & { forks: Finding[] }) | Error> {
  // Not in the data folder, which a Pilotlight may have open.
  const folder = await mkdtemp(join(tmpdir(), "pilotlight-doctor-"));
  const unused = async (): Promise<never> => {
    throw new Error("the doctor runs no functions");
  };
  try {
    await using sandbox = await openSandbox({
      ...settings,
      clock: systemClock,
      ids: randomIds,
      log: silentLog,
      runFolder: folder,
      unpacked: { acquire: unused, acquireMerged: unused, acquireImage: unused },
      logSink: { write: unused },
    });
    const forks: Finding[] = [];
    for (const runtime of settings.usesForkServers ? runtimes.filter(canFork) : []) forks.push(...(await examineForks(sandbox, runtime)));
    return { ...sandbox.describe(), forks };
  } catch (error) {
    return error as Error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const canFork = (runtime: string): boolean => /^(?:nodejs|python)/.test(runtime);

const ofForks = {
  forks: { name: "forks", remedy: "All works without them; cold starts are slower, and idle environments larger." },
  images: { name: "images of memory", remedy: "SnapStart works without them: an environment waits, and serves one cold start." },
} as const;

/** Without the first there is no second. */
async function examineForks(sandbox: OpenedSandbox, runtime: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const manner of ["forks", "images"] as const) {
    const { name, remedy } = ofForks[manner];
    const what = `${runtime}: ${name}`;
    const complaint = await sandbox.examineForks(runtime, manner);
    if (complaint !== undefined) return [...findings, { what, found: complaint, remedy }];
    findings.push({ what, found: "they work" });
  }
  return findings;
}

/** Of the folder, or of the one in which it would be made. */
async function examineDataFolder(folder: string): Promise<Array<Finding & { isFatal?: true }>> {
  const what = "data folder";
  const there = await nearestFolder(folder);
  const probe = await mkdtemp(join(there, ".pilotlight-doctor-")).catch((error: Error) => error);
  if (probe instanceof Error) {
    return [{ what, found: `${folder} cannot be written: ${probe.message}`, remedy: "Choose another one with --data-dir.", isFatal: true }];
  }
  try {
    const { bavail, bsize } = await statfs(there);
    const freeBytes = bavail * bsize;
    const syncMs = await timeOfSync(join(probe, "probe"));
    const room: Finding = { what, found: `${folder}, ${(freeBytes / 2 ** 30).toFixed(1)} GB free` };
    const speed: Finding = { what: "durable write", found: `${syncMs.toFixed(1)} ms` };
    return [
      freeBytes >= leastFreeBytes
        ? room
        : { ...room, remedy: "There is hardly room for packages and logs: make some, or choose another --data-dir." },
      syncMs < slowSyncMs ? speed : { ...speed, remedy: "Every change waits for the disk: a faster one makes all of them faster." },
    ];
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}

/** The path itself, or what is there of it. */
async function nearestFolder(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT" && error.code !== "ENOTDIR",
  );
  return isThere || dirname(path) === path ? path : nearestFolder(dirname(path));
}

/** The best of several, because one may wait for what others write. */
async function timeOfSync(path: string): Promise<number> {
  const file = await open(path, "w");
  try {
    const timesMs: number[] = [];
    for (let n = 0; n < 5; n++) {
      const startedMs = systemClock.monotonicMs();
      await file.write("durable");
      await file.datasync();
      timesMs.push(systemClock.monotonicMs() - startedMs);
    }
    return Math.min(...timesMs);
  } finally {
    await file.close();
  }
}

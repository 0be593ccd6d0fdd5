import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import { SandboxFailure, type EnvironmentSpec, type LogSink, type SessionCredentials } from "./contract.ts";
import type { Driver } from "./drivers/driver.ts";
import { environmentFolderPrefix } from "./drivers/leftovers.ts";
import { functionVariables } from "./environment-variables.ts";
import { Environment } from "./environment.ts";
import { FramedLink } from "./framed-link.ts";
import { openRuntimeApi } from "./runtime-api/server.ts";
import type { RuntimeCatalog } from "./runtimes/catalog.ts";
import type { RuntimeStart } from "./runtimes/runtime-start.ts";

/** AWS recycles environments every few hours, busy or not. */
const maxAgeMs = 2 * 60 * 60 * 1000;
/** Credentials shall outlive the last invocation that sees them by this much. */
const credentialMarginMs = 60 * 1000;

export interface Workshop {
  clock: Clock;
  ids: Ids;
  log: Log;
  logSink: LogSink;
  runFolder: string;
  driver: Driver;
  catalog: RuntimeCatalog;
  unpacked: UnpackedCode;
}

/** Where the code of functions lies ready to run. */
export interface UnpackedCode {
  /** Absolute path of the folder with the code of that digest. */
  acquire(digest: string): Promise<string>;
}

/** Sees to it that code and interpreter are there. Rejects with `SandboxFailure`. */
export async function prepareCode(
  { unpacked, catalog }: Workshop,
  spec: EnvironmentSpec,
): Promise<{ taskFolder: string; start: RuntimeStart }> {
  const taskFolder = await unpacked.acquire(spec.codeDigest).catch(failing("the function's code could not be unpacked"));
  return { taskFolder, start: await catalog.find(spec.runtime, taskFolder) };
}

/** Gathers what a new environment takes. Rejects with `SandboxFailure`. */
export async function prepareEnvironment(workshop: Workshop, spec: EnvironmentSpec, onFree: () => void): Promise<Environment> {
  const { clock, ids, log, logSink, driver } = workshop;
  const [{ taskFolder, start }, credentials] = await Promise.all([
    prepareCode(workshop, spec),
    spec.credentials().catch(failing("no credentials could be had for the function's role")),
  ]);
  const folder = await makeFolder(workshop).catch(failing("no folder could be made for an execution environment"));
  const logStream = logStreamName(clock, ids, spec.functionVersion);
  return new Environment({
    spec,
    clock,
    log,
    sink: logSink,
    driver,
    folder,
    logStream,
    replaceAtMs: replaceAt(clock.now(), credentials, spec.timeoutMs),
    program: {
      path: start.program,
      args: start.args,
      variables: functionVariables(spec, credentials, start, taskFolder, logStream),
      readable: start.readable,
    },
    taskFolder,
    openLink: async (listener) => (start.link === "frames" ? new FramedLink(listener) : openRuntimeApi(listener, ids)),
    onFree,
  });
}

async function makeFolder({ ids, runFolder }: Workshop): Promise<string> {
  const folder = join(runFolder, `${environmentFolderPrefix}${ids.hex(16)}`);
  await mkdir(join(folder, "tmp"), { recursive: true, mode: 0o700 });
  return folder;
}

function failing(message: string): (cause: unknown) => never {
  return (cause) => {
    throw new SandboxFailure("internal", message, { cause });
  };
}

/** `2026/01/15/[$LATEST]0123…`, with 32 hexadecimal digits. */
function logStreamName(clock: Clock, ids: Ids, version: string): string {
  const day = new Date(clock.now()).toISOString().slice(0, 10).replaceAll("-", "/");
  return `${day}/[${version}]${ids.hex(32)}`;
}

/** Credentials that last no longer than an invocation may take are used for half their time, rather than not at all. */
function replaceAt(nowMs: number, { expiresAtMs }: SessionCredentials, timeoutMs: number): number {
  const halfLifeMs = (expiresAtMs - nowMs) / 2;
  return Math.min(nowMs + maxAgeMs, Math.max(expiresAtMs - timeoutMs - credentialMarginMs, nowMs + halfLifeMs));
}

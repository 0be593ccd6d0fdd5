import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import type { UnpackedImage } from "#storage/images/unpacked-images.ts";
import { SandboxFailure, type EnvironmentSpec, type LogSink } from "./contract.ts";
import type { DebuggedEnvironment, Debugging } from "./debugging.ts";
import type { Driver, LaunchFolders, MemoryImage } from "./drivers/driver.ts";
import { environmentFolderPrefix } from "./drivers/leftovers.ts";
import type { SnapshotImage, SnapshotParts } from "./environment-parts.ts";
import { EnvironmentRole } from "./environment-role.ts";
import { functionVariables, snappedVariables } from "./environment-variables.ts";
import { EitherLink } from "./either-link.ts";
import { openEndpointRelay, relayedUrl } from "./endpoint-relay.ts";
import { Environment } from "./environment.ts";
import { listExtensions } from "./extensions/external-extensions.ts";
import { withFramedLogs } from "./framed-logs.ts";
import type { InitialisationType } from "./initialisation.ts";
import type { MemberEvents } from "./pool-member.ts";
import { openRuntimeApi } from "./runtime-api/server.ts";
import type { RuntimeCatalog } from "./runtimes/catalog.ts";
import { byWrapper } from "./runtimes/exec-wrapper.ts";
import { imageStart } from "./runtimes/image-start.ts";
import type { RuntimeStart } from "./runtimes/runtime-start.ts";
import type { Standby } from "./standby.ts";
import { openTraceDaemon, traceDaemonVariable } from "./trace-daemon.ts";

export interface Workshop {
  clock: Clock;
  ids: Ids;
  log: Log;
  logSink: LogSink;
  runFolder: string;
  driver: Driver;
  /** That which runs this function. Rejects with `SandboxFailure`. */
  driverFor(spec: EnvironmentSpec): Promise<Driver>;
  catalog: RuntimeCatalog;
  unpacked: UnpackedCode;
  /** Absent where no function is to be debugged. */
  debugging?: Debugging;
  /** Absent where processes cannot be started ahead of need, or shall not. */
  standbys?: StandbySource;
}

/** Processes that were started ahead of need. */
export interface StandbySource {
  /** One that can become what a process started for this function would be, if there is one; it is the caller's from now on. */
  take(spec: EnvironmentSpec, code: PreparedCode): Promise<Standby | undefined>;
  /** One that is made of the image of a process that served this function, in the place where that was captured. Rejects if it cannot be made. */
  restore(spec: EnvironmentSpec, image: MemoryImage): Promise<Standby>;
}

/** Where the packages of functions lie ready to run. */
export interface UnpackedCode {
  /** Absolute path of the folder with the files of that digest. */
  acquire(digest: string): Promise<string>;
  /** The same of several, laid over each other in this order. */
  acquireMerged(digests: readonly string[]): Promise<string>;
  /** A container image, by the digest of its manifest. */
  acquireImage(digest: string): Promise<UnpackedImage>;
}

export interface PreparedCode {
  task: string;
  layers?: string;
  /** Of a container image. */
  root?: string;
  start: RuntimeStart;
}

/** Sees to it that code, layers and interpreter are there. Rejects with `SandboxFailure`. */
export async function prepareCode(workshop: Workshop, spec: EnvironmentSpec): Promise<PreparedCode> {
  const { unpacked, catalog } = workshop;
  const { codeDigest, layerDigests, runtime } = spec;
  if (spec.image) {
    const [image] = await Promise.all([
      unpacked.acquireImage(codeDigest).catch(failing("the function's image is not unpacked")),
      workshop.driverFor(spec),
    ]);
    return { root: image.root, task: join(image.root, "var/task"), start: imageStart(image, spec.image) };
  }
  const [task, layers] = await Promise.all([
    unpacked.acquire(codeDigest),
    layerDigests.length > 0 ? unpacked.acquireMerged(layerDigests) : undefined,
  ]).catch(failing("the function's code could not be unpacked"));
  return { task, ...(layers !== undefined && { layers }), start: await catalog.find(runtime, task, layers) };
}

/** Gathers what a new environment takes. It is made of the image, if that is given and can be used. Rejects with `SandboxFailure`. */
export async function prepareEnvironment(
  workshop: Workshop,
  spec: EnvironmentSpec,
  events: MemberEvents,
  initialisation: InitialisationType,
  image?: SnapshotImage,
): Promise<Environment> {
  const debugged = workshop.debugging?.claim(spec);
  if (!debugged) return prepareIn(workshop, spec, events, initialisation, image);
  return prepareIn(workshop, debugged.spec, events, initialisation, undefined, debugged).catch((error: unknown) => {
    debugged.release();
    throw error;
  });
}

async function prepareIn(
  workshop: Workshop,
  spec: EnvironmentSpec,
  events: MemberEvents,
  initialisation: InitialisationType,
  image?: SnapshotImage,
  debugged?: DebuggedEnvironment,
): Promise<Environment> {
  const { clock, ids, log, logSink } = workshop;
  const [driver, code, role] = await Promise.all([
    workshop.driverFor(spec),
    prepareCode(workshop, spec),
    EnvironmentRole.assume(spec, ids.hex(32), image?.role).catch(failing(noCredentials)),
    checkFileSystems(spec),
  ]);
  const { start, layers, root } = code;
  const isOwn = (accessKeyId: string): boolean => role.isOwn(accessKeyId);
  const restored = image && (await restoreStandby(workshop, spec, image));
  const standby = debugged ? undefined : (restored ?? (await workshop.standbys?.take(spec, code)));
  standby?.serveEndpointTo(isOwn);
  const environment = standby?.folders.environment ?? join(workshop.runFolder, `${environmentFolderPrefix}${ids.hex(16)}`);
  const folders = foldersOf(environment, spec, code);
  const places = driver.places(folders);
  if (spec.fileSystems.length > 0 && !places.hasFileSystems) {
    throw new SandboxFailure("file-system", "File systems cannot be mounted here: that takes Linux, and root or user namespaces.");
  }
  const logStream = logStreamName(clock, ids, spec.functionVersion);
  const seenSpec = driver.hasPrivateNetworks ? { ...spec, endpointUrl: relayedUrl(spec.endpointUrl) } : spec;
  const variables = spec.hasSnapStart
    ? snappedVariables(seenSpec, role.token, start, places)
    : functionVariables(seenSpec, role.credentials, start, places, logStream, initialisation);
  standby?.sendSegmentsTo(spec.takeSegments);
  const command = { path: start.program, args: [...start.args, ...(start.functionArgs?.(spec) ?? [])] };
  return new Environment({
    spec,
    initialisation,
    clock,
    ids,
    log,
    sink: logSink,
    driver,
    folders,
    logStream,
    ...(standby && { standby }),
    ...(debugged && { debugged }),
    replaceAtMs: role.replaceAt(clock.now()),
    ...(spec.hasSnapStart && { snapshot: snapshotParts(workshop, spec, role, restored !== undefined) }),
    program: {
      ...byWrapper(spec, debugged?.command(command) ?? command),
      ...(start.workingDirectory !== undefined && { workingDirectory: start.workingDirectory }),
      variables,
    },
    extensions: await listExtensions(layers ?? (root && join(root, "opt"))),
    async openLink(network, listener, extensions) {
      await debugged?.open(network);
      if (spec.takeSegments) Object.assign(variables, daemonVariable(spec, await openTraceDaemon(network, workshop, spec.takeSegments)));
      if (driver.hasPrivateNetworks) await openEndpointRelay(network, spec.endpointUrl, isOwn);
      if (start.link === "frames") return EitherLink.open(listener, ids, network, extensions);
      const link = await openRuntimeApi(listener, ids, network, extensions, spec.hasSnapStart);
      return start.writesFramedLogs ? withFramedLogs(link, listener) : link;
    },
    events,
  });
}

function foldersOf(environment: string, { fileSystems }: EnvironmentSpec, { task, layers, root, start }: PreparedCode): LaunchFolders {
  return {
    environment,
    tmp: join(environment, "tmp"),
    task,
    ...(layers !== undefined && { layers }),
    ...(root !== undefined && { root }),
    fileSystems,
    readable: start.readable,
  };
}

async function restoreStandby(workshop: Workshop, spec: EnvironmentSpec, image: SnapshotImage): Promise<Standby | undefined> {
  return workshop.standbys?.restore(spec, image.memory).catch((error: unknown) => {
    workshop.log.warn("an environment could not be made of a snapshot", { function: spec.functionName, error });
    // Another one is made, by a process that can be forked now.
    image.memory.release();
    return undefined;
  });
}

function snapshotParts({ clock, ids }: Workshop, spec: EnvironmentSpec, role: EnvironmentRole, isOfImage: boolean): SnapshotParts {
  // One that is made of an image has had its credentials just now; unless it waits.
  let freshUntilMs = isOfImage ? clock.now() + freshMs : 0;
  return {
    isOfImage,
    role,
    async renew() {
      if (clock.now() >= freshUntilMs) await role.renew().catch(failing(noCredentials));
      freshUntilMs = 0;
      return { logStream: logStreamName(clock, ids, spec.functionVersion), replaceAtMs: role.replaceAt(clock.now()) };
    },
  };
}

/** A customer who sets it to another address means it. */
const daemonVariable = ({ variables }: EnvironmentSpec, address: string): Record<string, string> =>
  Object.hasOwn(variables, traceDaemonVariable) ? {} : { [traceDaemonVariable]: address };

async function checkFileSystems({ fileSystems }: EnvironmentSpec): Promise<void> {
  for (const { folder, mountPath } of fileSystems) {
    await readdir(folder).catch((cause: unknown) => {
      throw new SandboxFailure("file-system", `${folder}, which is to be mounted on ${mountPath}, is no folder that can be read.`, {
        cause,
      });
    });
  }
}

const noCredentials = "no credentials could be had for the function's role";
/** For so long credentials that were had for a restore need not be renewed for it. */
const freshMs = 5_000;

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

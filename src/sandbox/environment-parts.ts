import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import type { EnvironmentSpec, LogSink } from "./contract.ts";
import type { DebuggedEnvironment } from "./debugging.ts";
import type { Driver, LaunchFolders, MemoryImage } from "./drivers/driver.ts";
import type { EnvironmentRole } from "./environment-role.ts";
import type { InitialisationType } from "./initialisation.ts";
import type { OpenLink, Order } from "./runtime-session.ts";
import type { Standby } from "./standby.ts";

/** Everything that was prepared for one environment. */
export interface EnvironmentParts {
  spec: EnvironmentSpec;
  initialisation: InitialisationType;
  clock: Clock;
  ids: Ids;
  log: Log;
  sink: LogSink;
  driver: Driver;
  /** That of the environment exists, with `tmp` in it, and is removed at the end. */
  folders: LaunchFolders;
  logStream: string;
  /** Epoch milliseconds from which on another environment shall serve. */
  replaceAtMs: number;
  program: { path: string; args: readonly string[]; workingDirectory?: string; variables: Readonly<Record<string, string>> };
  /** Serves the first time that a process is wanted. Its folder is that of the environment. */
  standby?: Pick<Standby, "adopt" | "end">;
  /** Of a function with SnapStart. */
  snapshot?: SnapshotParts;
  /** Absolute paths of the extensions to be started before it. */
  extensions?: readonly string[];
  /** Set if it waits for a debugger: then initialisation has the time of an invocation, and the runtime does not stand still. */
  debugged?: Pick<DebuggedEnvironment, "release">;
  openLink: OpenLink;
  events: {
    /** The caller has its answer. */
    onAnswered(): void;
    /** The environment takes invocations (again). */
    onFree(): void;
    /** It ended while it was free. */
    onLost(): void;
  };
}

/** What an environment of a function with SnapStart takes besides. */
export interface SnapshotParts {
  /** Whether its standby is made of an image, so that it is in the place of the snapshot already. */
  isOfImage: boolean;
  role: EnvironmentRole;
  /** Called when it goes on from its snapshot, which may be old by then. Rejects with `SandboxFailure`. */
  renew(): Promise<Pick<EnvironmentParts, "logStream" | "replaceAtMs">>;
}

/** What other environments can be made of. */
export interface SnapshotImage {
  memory: MemoryImage;
  /** Of the environment that was captured. */
  role: EnvironmentRole;
}

/** What is to be launched. */
export function orderOf({ program, folders, spec, debugged, extensions = [], snapshot }: EnvironmentParts): Order {
  return {
    program: program.path,
    args: program.args,
    ...(program.workingDirectory !== undefined && { workingDirectory: program.workingDirectory }),
    variables: program.variables,
    folders,
    memoryMb: spec.memoryMb,
    ephemeralStorageMb: spec.ephemeralStorageMb,
    extensions,
    isDebugged: debugged !== undefined,
    ...(snapshot && { capturesImage: true }),
  };
}

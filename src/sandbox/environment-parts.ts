import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import type { EnvironmentSpec, LogSink } from "./contract.ts";
import type { DebuggedEnvironment } from "./debugging.ts";
import type { Driver, LaunchFolders } from "./drivers/driver.ts";
import type { InitialisationType } from "./initialisation.ts";
import type { OpenLink } from "./runtime-session.ts";
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

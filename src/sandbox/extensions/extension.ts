import type { ServerResponse } from "node:http";

/** The states of an extension, under the names that AWS's messages and log lines use. */
export type ExtensionState =
  | "Started"
  | "Registered"
  | "Ready"
  | "Running"
  | "InitError"
  | "ExitError"
  | "LaunchError"
  | "Exited"
  | "ShutdownFailed";

/**
 * Every transition that is not listed is refused. https://github.com/aws/aws-lambda-runtime-interface-emulator, lambda/core/externalagent_states.go:
 * an error may be reported twice, and the first one counts.
 */
export const transitions: Readonly<Record<ExtensionState, readonly ExtensionState[]>> = {
  Started: ["Registered", "LaunchError"],
  Registered: ["Ready", "InitError", "ExitError"],
  Ready: ["Running", "ExitError"],
  Running: ["Ready", "ExitError", "Exited", "ShutdownFailed"],
  InitError: ["InitError"],
  ExitError: ["ExitError"],
  LaunchError: [],
  Exited: [],
  ShutdownFailed: [],
};

export type EventType = "INVOKE" | "SHUTDOWN";

/** One extension: a process of its own, started from /opt/extensions, or a part of the runtime's process. */
export class Extension {
  readonly name: string;
  /** What it shows with every request, in Lambda-Extension-Identifier. */
  readonly id: string;
  readonly isExternal: boolean;
  /** That it registered for, in its order. */
  events: readonly EventType[] = [];
  /** What it reported as its error, or why it could not be launched. */
  errorType: string | undefined;
  /** The parked answer to its `next`. */
  waiting: ServerResponse | undefined;
  #state: ExtensionState = "Started";

  constructor(name: string, id: string, isExternal: boolean) {
    this.name = name;
    this.id = id;
    this.isExternal = isExternal;
  }

  get state(): ExtensionState {
    return this.#state;
  }

  /** False, and no move, if the table does not list it. */
  tryMove(next: ExtensionState): boolean {
    if (!transitions[this.#state].includes(next)) return false;
    this.#state = next;
    return true;
  }

  wants(event: EventType): boolean {
    return this.events.includes(event);
  }
}

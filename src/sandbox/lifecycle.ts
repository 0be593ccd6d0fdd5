/**
 * The life of an execution environment as a table: every transition is forbidden unless it is listed here, and an illegal one
 * throws an error that names both states.
 */
export type EnvironmentState =
  /** No process: new, or reset after a timeout, a crash or a failed initialisation. */
  | "Cold"
  /** The process is being launched. */
  | "Starting"
  /** The runtime loads the function. */
  | "Initialising"
  /** It could not; its process is about to be ended. */
  | "InitFailed"
  /** The function is initialised, has run its hooks before the snapshot, and waits to go on from there. */
  | "Checkpointed"
  /** It has been told to; its hooks after the restore run. */
  | "Restoring"
  | "Idle"
  | "Running"
  /** The caller has the answer; the runtime or its log lines are not done yet. */
  | "Answered"
  /** The processes are being ended; `/tmp` stays. */
  | "Resetting"
  | "Stopping"
  | "Stopped";

export const transitions: Readonly<Record<EnvironmentState, readonly EnvironmentState[]>> = {
  // Of an image it is made in the place of its snapshot.
  Cold: ["Starting", "Checkpointed", "Stopping"],
  Starting: ["Initialising", "InitFailed", "Stopping"],
  Initialising: ["Idle", "Checkpointed", "InitFailed", "Stopping"],
  InitFailed: ["Resetting", "Stopping"],
  Checkpointed: ["Restoring", "Resetting", "Stopping"],
  Restoring: ["Idle", "Resetting", "Stopping"],
  Idle: ["Running", "Resetting", "Stopping"],
  Running: ["Answered", "Stopping"],
  Answered: ["Idle", "Resetting", "Stopping"],
  Resetting: ["Cold", "Stopping"],
  Stopping: ["Stopped"],
  Stopped: [],
};

export class EnvironmentLifecycle {
  #state: EnvironmentState = "Cold";

  get state(): EnvironmentState {
    return this.#state;
  }

  /** Whether the environment is being ended, or has been. */
  get isEnding(): boolean {
    return this.#state === "Stopping" || this.#state === "Stopped";
  }

  moveTo(next: EnvironmentState): void {
    if (!transitions[this.#state].includes(next)) {
      throw new Error(`an execution environment cannot go from ${this.#state} to ${next}`);
    }
    this.#state = next;
  }
}

/** The states of a custom runtime as the Runtime API sees it, under the names that AWS's error messages use. */
export type RuntimeState =
  | "Started"
  | "InitError"
  | "Ready"
  | "Running"
  | "InvocationResponse"
  | "InvocationErrorResponse"
  | "RuntimeResponseSent"
  | "RestoreReady"
  | "Restoring"
  | "RestoreError";

const transitions: Readonly<Partial<Record<RuntimeState, readonly RuntimeState[]>>> = {
  // To be restored is only for functions with SnapStart: see restore.ts.
  Started: ["Ready", "InitError", "RestoreReady"],
  RestoreReady: ["RestoreReady", "Restoring"],
  Restoring: ["Ready", "RestoreError"],
  // A runtime may ask for the same thing again: its first request may have been lost.
  Ready: ["Ready", "Running"],
  Running: ["Running", "InvocationResponse", "InvocationErrorResponse"],
  InvocationResponse: ["RuntimeResponseSent"],
  InvocationErrorResponse: ["RuntimeResponseSent"],
  RuntimeResponseSent: ["Ready"],
};

export class RuntimeStateMachine {
  #state: RuntimeState = "Started";

  get state(): RuntimeState {
    return this.#state;
  }

  /** False, and no move, if the table does not list it. */
  tryMove(next: RuntimeState): boolean {
    if (!transitions[this.#state]?.includes(next)) return false;
    this.#state = next;
    return true;
  }
}

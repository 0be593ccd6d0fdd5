import type { Clock } from "#kit/clock.ts";
import type { InvocationRequest, SessionCredentials } from "./contract.ts";
import type { RunningProcess } from "./drivers/driver.ts";

/**
 * How the supervisor talks with one run of a runtime: by frames over a socket (framed-link.ts) or by the HTTP Runtime API
 * (runtime-api/). A link is made for one process and closed with it.
 */
export interface RuntimeLink {
  readonly wantsFrames: boolean;
  /** What the process must find in its environment to reach us. */
  readonly variables: Readonly<Record<string, string>>;
  /** The process runs: listen to it. */
  attach(process: RunningProcess, clock: Clock): void;
  /** Tells a process that was started ahead of need what to serve; absent where there is no such thing. */
  specialise?(variables: Readonly<Record<string, string>>): void;
  /** Legal once, when the runtime is ready: it prepares for a snapshot, and tells when it has. Absent where there is no such thing. */
  checkpoint?(): void;
  /** Legal once, after that, or when a process that is made of an image has come up: it goes on, with the variables that are different now. */
  restore?(variables: Readonly<Record<string, string>>): void;
  /** There are extensions: the runtime shall not stand still while it waits. Absent where no runtime does. */
  linger?(): void;
  /** Whether all of the function stands still by itself while it waits for an invocation. Absent where no runtime does that. */
  readonly standsStill?: boolean;
  /** Legal only while the runtime waits for an invocation. */
  invoke(request: InvocationRequest, deadlineMs: number): void;
  /** Stops and resumes reading from the runtime, because its log lines wait. */
  pause(): void;
  resume(): void;
  /** Nothing is told to the listener any more. */
  close(): void;
}

/** What a runtime tells. Its order is the link's to enforce: a runtime that breaks it is reported as `violated`. */
export interface RuntimeListener {
  /** Initialisation is done: the runtime waits for an invocation. */
  ready(): void;
  /** Initialisation failed; the payload is the runtime's own error. */
  initFailed(payload: Buffer): void;
  /** The function's hooks before the snapshot have run; if one failed, initialisation did. */
  checkpointed(outcome: CheckpointOutcome): void;
  /** Its hooks after the restore have run: the runtime waits for an invocation. */
  restored(): void;
  /** One of them failed; the payload is the runtime's own error. */
  restoreFailed(payload: Buffer): void;
  answered(answer: RuntimeAnswer): void;
  /** The runtime waits for the next invocation. */
  done(): void;
  /** One log event that came framed. */
  logged(timestampMs: number, message: string): void;
  /** The function's credentials for whoever knows this token; undefined if it is not that of the environment. */
  credentialsFor(token: string): SessionCredentials | undefined;
  /** The runtime broke the protocol and must be ended. */
  violated(reason: string): void;
}

/** Whether the memory of the process has been captured, and if not, why. */
export type CheckpointOutcome = { hasImage: true } | { hasImage: false; reason: string };

export type RuntimeAnswer =
  | { kind: "response"; payload: Uint8Array; contentType?: string }
  /** Its bytes are with the request's `stream` already. */
  | { kind: "streamed"; sizeBytes: number }
  | { kind: "error"; payload: Uint8Array }
  /** `limitBytes`: `maxResponseBytes` unless it says otherwise. */
  | { kind: "tooLarge"; limitBytes?: number };

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB, with the 100 bytes of allowance that AWS's messages name. */
export const maxResponseBytes = 6_291_556;

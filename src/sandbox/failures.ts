import { SandboxFailure } from "./contract.ts";
import { ImageEntryMissing, ProgramMissing, ProgramUnfit, type ProcessExit } from "./drivers/driver.ts";
import type { Extension } from "./extensions/extension.ts";
import { maxResponseBytes } from "./runtime-link.ts";

/** How an invocation or an initialisation failed, and what the caller gets to see of it, in AWS's recorded words. */
export interface Failure {
  status: "timeout" | "error";
  /** As the REPORT line names it. */
  errorType: string;
  payload(requestId: string): Uint8Array;
  /** Without the request id, as the log shows it. */
  message: string;
  /** Set if it was our fault: the invocation is rejected with this. */
  fault?: SandboxFailure;
}

/** An extension could not be started. */
export class ExtensionLaunchFailed extends Error {
  readonly failure: Failure;

  constructor(how: Failure) {
    super(how.message);
    this.name = "ExtensionLaunchFailed";
    this.failure = how;
  }
}

/** The exact spelling was recorded from AWS. */
const timedOutType = "Sandbox.Timedout";

export function timedOut(limitMs: number): Failure {
  return failure("timeout", timedOutType, `Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`);
}

export function runtimeExited(exit: ProcessExit): Failure {
  if (exit.code === 0) return failure("error", "Runtime.ExitError", "Runtime exited without providing a reason");
  return failure("error", "Runtime.ExitError", `Runtime exited with error: ${exitText(exit)}`);
}

const exitText = ({ code, signal }: ProcessExit): string =>
  signal === null ? `exit status ${code}` : `signal: ${signalTexts[signal] ?? signal.slice(3).toLowerCase()}`;

/** A hook after the restore took too long, or failed. The caller gets no payload of it. */
export const restoreTimedOut = (limitMs: number): Failure => ({
  ...timedOut(limitMs),
  fault: new SandboxFailure("restore-timeout", "Lambda couldn't restore the snapshot within the timeout limit."),
});

export const restoreReported = (payload: Uint8Array): Failure => ({
  ...runtimeReported(payload),
  fault: new SandboxFailure(
    "restore-failed",
    "The afterRestore() runtime hook encountered an error. For more information, check the Amazon CloudWatch logs.",
  ),
});

/** The process ended meanwhile. */
export const restoreLost = (how: Failure): Failure => ({ ...how, fault: how.fault ?? new SandboxFailure("restore-lost", how.message) });

/** The runtime itself told why; its bytes are the payload. */
export function runtimeReported(payload: Uint8Array): Failure {
  return { status: "error", errorType: errorTypeIn(payload), message: "", payload: () => payload };
}

export function notLaunched(cause: unknown): Failure {
  if (cause instanceof ExtensionLaunchFailed) return cause.failure;
  if (cause instanceof ProgramMissing) {
    return failure("error", "Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
  }
  if (cause instanceof ProgramUnfit) return failure("error", "Runtime.InvalidEntrypoint", cause.message);
  if (cause instanceof ImageEntryMissing) {
    return failure("error", cause.missing === "folder" ? "Runtime.InvalidWorkingDir" : "Runtime.InvalidEntrypoint", cause.message);
  }
  const fault = new SandboxFailure("internal", "the runtime's process could not be launched", { cause });
  return { ...failure("error", "Sandbox.Failure", fault.message), fault };
}

/** Recorded from AWS: https://github.com/elastic/apm-aws-lambda/pull/145. `exit` is absent if it is a part of the runtime that gave up. */
export function extensionExited(exit: ProcessExit | undefined, { state, errorType = "" }: Pick<Extension, "state" | "errorType">): Failure {
  const type = state === "InitError" || state === "ExitError" ? `Extension.${state}` : "Extension.Crash";
  if (!exit) return failure("error", type, errorType);
  return failure("error", type, exit.code === 0 ? "exit code 0" : exitText(exit));
}

/** Recorded from AWS: https://github.com/aws-samples/aws-lambda-extensions/issues/54 */
export const extensionNotLaunched = (name: string, complaint: string): Failure =>
  failure("error", "Extension.LaunchError", `fork/exec /opt/extensions/${name}: ${complaint}`);

export const tooManyExtensions = (): Failure => failure("error", "Extension.LaunchError", "ErrTooManyExtensions");

/** Payload for an answer that was too large; the environment lives on. */
export const responseTooLarge = (limitBytes = maxResponseBytes): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      errorType: "Function.ResponseSizeTooLarge",
      errorMessage: `Response payload size exceeded maximum allowed payload size (${limitBytes} bytes).`,
    }),
  );

function failure(status: Failure["status"], errorType: string, message: string): Failure {
  return {
    status,
    errorType,
    message,
    payload: (requestId) => Buffer.from(JSON.stringify({ errorType, errorMessage: `RequestId: ${requestId} Error: ${message}` })),
  };
}

function errorTypeIn(payload: Uint8Array): string {
  try {
    const error: unknown = JSON.parse(Buffer.from(payload).toString());
    const type = error !== null && typeof error === "object" && "errorType" in error ? error.errorType : undefined;
    return typeof type === "string" ? type : "Runtime.Unknown";
  } catch {
    return "Runtime.Unknown";
  }
}

/** Go's words for signals, because AWS's supervisor speaks Go. */
const signalTexts: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: "aborted",
  SIGALRM: "alarm clock",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGHUP: "hangup",
  SIGILL: "illegal instruction",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGPIPE: "broken pipe",
  SIGQUIT: "quit",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
  SIGTRAP: "trace/breakpoint trap",
};

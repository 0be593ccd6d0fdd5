import { SandboxFailure } from "./contract.ts";
import { ImageEntryMissing, ProgramMissing, type ProcessExit } from "./drivers/driver.ts";
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

/** The exact spelling was recorded from AWS. */
const timedOutType = "Sandbox.Timedout";

export function timedOut(limitMs: number): Failure {
  return failure("timeout", timedOutType, `Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`);
}

export function runtimeExited({ code, signal }: ProcessExit): Failure {
  if (code === 0) return failure("error", "Runtime.ExitError", "Runtime exited without providing a reason");
  const how = signal === null ? `exit status ${code}` : `signal: ${signalTexts[signal] ?? signal.slice(3).toLowerCase()}`;
  return failure("error", "Runtime.ExitError", `Runtime exited with error: ${how}`);
}

/** The runtime itself told why; its bytes are the payload. */
export function runtimeReported(payload: Uint8Array): Failure {
  return { status: "error", errorType: errorTypeIn(payload), message: "", payload: () => payload };
}

export function notLaunched(cause: unknown): Failure {
  if (cause instanceof ProgramMissing) {
    return failure("error", "Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
  }
  if (cause instanceof ImageEntryMissing) {
    return failure("error", cause.missing === "folder" ? "Runtime.InvalidWorkingDir" : "Runtime.InvalidEntrypoint", cause.message);
  }
  const fault = new SandboxFailure("internal", "the runtime's process could not be launched", { cause });
  return { ...failure("error", "Sandbox.Failure", fault.message), fault };
}

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

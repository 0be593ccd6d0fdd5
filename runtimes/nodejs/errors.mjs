/** A failure that the runtime itself finds, named as AWS names it: `Runtime.HandlerNotFound`. */
export class RuntimeError extends Error {
  /**
   * @param {string} type without the prefix
   * @param {string} message
   */
  constructor(type, message) {
    super(message);
    // Set before the stack is first asked for, so that its first line says it too.
    Object.defineProperty(this, "name", { value: `Runtime.${type}` });
    Error.captureStackTrace(this, RuntimeError);
  }
}

/**
 * The payload of an answer that reports what was thrown, which may be anything.
 * @param {any} thrown
 */
export function errorPayload(thrown) {
  try {
    if (!isErrorLike(thrown)) {
      return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
    }
    return {
      errorType: escapeDelete(thrown.name),
      errorMessage: escapeDelete(thrown.message),
      trace: typeof thrown.stack === "string" ? escapeDelete(thrown.stack).split("\n") : [],
    };
  } catch {
    const errorMessage =
      "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack";
    return { errorType: "handled", errorMessage, trace: [] };
  }
}

/** Errors of another realm (node:vm) are no `instanceof Error`. */
function isErrorLike(thrown) {
  return thrown instanceof Error || [thrown?.name, thrown?.message, thrown?.stack].every((part) => typeof part === "string" && part !== "");
}

/** The one control character that AWS's runtime does not leave to JSON. */
function escapeDelete(text) {
  return text.replaceAll("\x7F", "%7F");
}

/** @param {unknown} thrown */
export function intoError(thrown) {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

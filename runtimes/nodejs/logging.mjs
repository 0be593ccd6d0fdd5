import { require } from "./builtins.mjs";
import { errorPayload, intoError } from "./errors.mjs";

const { format } = require("node:util");

/** Levels of LOG frames and of AWS_LAMBDA_LOG_LEVEL. */
const levels = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };

/**
 * Sends what the `console` writes to the log, one event per call however many lines it has, in the format that the function's
 * logging configuration asks for. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 * @param {import("./channel.mjs").Channel} channel
 * @param {() => { requestId: string | undefined, tenantId: string | undefined }} current the running invocation
 * @returns {(label: string, thrown: unknown) => void} logs what the runtime itself reports: `Invoke Error`
 */
export function patchConsole(channel, current) {
  const isJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
  const least = levels[process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()] ?? levels.TRACE;
  const formatEvent = isJson ? jsonEvent : textEvent;

  for (const [name, level] of Object.entries(levels)) {
    const write = (message, ...parameters) => {
      const now = new Date();
      channel.log(level, now.getTime(), formatEvent(now.toISOString(), name, current(), [message, ...parameters]));
    };
    console[name.toLowerCase()] = level < least ? () => {} : write;
  }
  console.log = console.info;

  const { error: write } = console;
  return isJson ? (_label, thrown) => write(intoError(thrown)) : (label, thrown) => write(label, `\t${textOf(intoError(thrown))}`);
}

/** @param {Error} error whose own members may have no JSON: those of an HTTP client lead to its request, which leads back */
function textOf(error) {
  try {
    return JSON.stringify(error, withErrorMembers);
  } catch {
    return JSON.stringify(errorPayload(error));
  }
}

function textEvent(timestamp, level, { requestId }, parameters) {
  return `${timestamp}\t${requestId}\t${level}\t${format(...parameters)}`;
}

function jsonEvent(timestamp, level, { requestId, tenantId }, parameters) {
  const event = { timestamp, level, requestId, ...(tenantId && { tenantId }) };
  if (parameters.length === 1) {
    try {
      return JSON.stringify({ ...event, message: parameters[0] }, withStackTrace);
    } catch {
      // Circular, or a bigint: what has no JSON is shown as text.
    }
  }
  const error = parameters.length > 1 ? parameters.find((parameter) => parameter instanceof Error) : undefined;
  return JSON.stringify({ ...event, message: format(...parameters), ...(error && stackTraceMembers(error)) });
}

function withStackTrace(_key, value) {
  return value instanceof Error ? { ...stackTraceMembers(value), ...value } : value;
}

function stackTraceMembers(error) {
  return {
    errorType: error.constructor?.name ?? "UnknownError",
    errorMessage: error.message,
    stackTrace: stackLines(error),
  };
}

/** How errors look in the text format, which AWS gave other names than in the JSON format. */
function withErrorMembers(_key, value) {
  if (!(value instanceof Error)) return value;
  const { name: errorType, message: errorMessage, code } = value;
  return { errorType, errorMessage, code, ...value, stack: stackLines(value) };
}

function stackLines(error) {
  return typeof error.stack === "string" ? error.stack.split("\n") : [];
}

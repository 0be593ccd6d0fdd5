import type { IncomingMessage } from "node:http";
import type { Body } from "./body.ts";

const withCauseType = "application/vnd.aws.lambda.error.cause+json";
const typePattern = /^(Runtime|Function)\.[A-Z][a-zA-Z]+$/;

/** The payload for an error that a runtime posted: its body, or what its headers tell when there is none. */
export function errorPayload(request: IncomingMessage, body: Body): Buffer {
  const bytes = body.kind === "whole" ? body.bytes : Buffer.alloc(0);
  if (request.headers["content-type"] === withCauseType) return withoutCause(bytes);
  if (bytes.length > 0) return bytes;
  return Buffer.from(JSON.stringify({ errorType: validType(request.headers["lambda-runtime-function-error-type"]), errorMessage: "" }));
}

/** Types of other forms are not passed on. */
function validType(type: string | string[] | undefined): string {
  if (typeof type !== "string") return "Runtime.Unknown";
  if (typePattern.test(type)) return type;
  return type.startsWith("Function.") ? "Function.Unknown" : "Runtime.Unknown";
}

/** Of an error with its X-Ray cause, the caller gets the error. */
function withoutCause(bytes: Buffer): Buffer {
  try {
    const { errorMessage, errorType, stackTrace } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    return Buffer.from(JSON.stringify({ errorMessage, errorType, stackTrace }));
  } catch {
    return Buffer.from('"Invalid error body"');
  }
}

/** What destinations and dead letter queues are told of an asynchronous event. */
import { functionArn } from "../function-name.ts";
import { latestVersion } from "../function-version.ts";
import type { AsyncEvent, Settlement } from "./event.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html: as JSON; payloads stay as they were written. */
export function invocationRecord({ requestId, target, payload }: AsyncEvent, settlement: Settlement): string {
  const { condition, settledMs, invokeCount, response, refusal } = settlement;
  const requestContext = {
    requestId,
    functionArn: functionArn(target, target.qualifier ?? latestVersion),
    condition,
    approximateInvokeCount: invokeCount,
  };
  const members = [
    `"version":"1.0"`,
    `"timestamp":"${new Date(settledMs).toISOString()}"`,
    `"requestContext":${JSON.stringify(requestContext)}`,
    `"requestPayload":${Buffer.from(payload).toString("utf8")}`,
  ];
  if (response) {
    const { executedVersion, functionError } = response;
    members.push(
      `"responseContext":${JSON.stringify({ statusCode: 200, executedVersion, functionError })}`,
      `"responsePayload":${asJson(response.payload)}`,
    );
  } else if (refusal?.statusCode !== undefined) {
    members.push(`"responseContext":${JSON.stringify({ statusCode: refusal.statusCode })}`);
  }
  return `{${members.join()}}`;
}

/** A custom runtime may answer with anything. */
function asJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

export interface DeadLetterAttribute {
  DataType: "String" | "Number";
  StringValue: string;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq: "the first 1 KB of the error message" */
const errorMessageBytes = 1_024;

/** The attributes of a dead letter, whose body is the event itself. */
export function deadLetterAttributes({ requestId }: AsyncEvent, settlement: Settlement): Record<string, DeadLetterAttribute> {
  const { response, refusal } = settlement;
  const message = response ? errorMessageOf(response.payload) : refusal?.message;
  const statusCode = response ? 200 : refusal?.statusCode;
  return {
    RequestID: { DataType: "String", StringValue: requestId },
    ...(statusCode !== undefined && { ErrorCode: { DataType: "Number", StringValue: String(statusCode) } }),
    // Neither queues nor topics take an empty value.
    ...(message && { ErrorMessage: { DataType: "String", StringValue: firstBytes(message, errorMessageBytes) } }),
  };
}

function errorMessageOf(payload: string): string {
  try {
    const { errorMessage } = JSON.parse(payload) as { errorMessage?: unknown };
    if (typeof errorMessage === "string") return errorMessage;
  } catch {
    // Then it is shown as it is.
  }
  return payload;
}

/** Cut between characters. */
function firstBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}

/** What Invoke and InvokeWithResponseStream ask of a request alike. */
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "./errors.ts";
import { clientContextBytes, synchronousPayloadBytes } from "./limits.ts";

/** Throws RequestTooLargeException beyond the 6 MB of a synchronous invocation. */
export function checkPayloadSize(payload: Uint8Array): void {
  if (payload.length <= synchronousPayloadBytes) return;
  throw new AwsError(
    "RequestTooLargeException",
    `Request must be smaller than ${synchronousPayloadBytes} bytes for the InvokeFunction operation`,
    { Type: "User" },
  );
}

/** Base64 of JSON, as the mobile SDKs send it; as text. */
export function readClientContext(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined;
  if (encoded.length > clientContextBytes) throw invalidParameter(`Client context must be smaller than ${clientContextBytes} bytes`);
  const text = Buffer.from(encoded, "base64").toString("utf8");
  try {
    JSON.parse(text);
  } catch {
    throw new AwsError("InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.", { Type: "User" });
  }
  return text;
}

import { AwsError } from "#wire/errors.ts";
import type { IncomingRequest } from "./node-peer.ts";
import { ClientGone } from "./peer.ts";

/** All bodies that are being received at one moment, in bytes: beyond it new requests are told to come again. */
const maximumBytesInFlight = 512 * 1024 * 1024;

let bytesInFlight = 0;

/**
 * Reads a whole body of at most `limitBytes`. Rejects with `tooLarge()`'s error beyond it, before reading where the client says the
 * length, and stops reading at once.
 */
export async function readBody(incoming: IncomingRequest, limitBytes: number, tooLarge: () => AwsError): Promise<Buffer> {
  const declared = Number(incoming.headers["content-length"] ?? 0);
  if (declared > limitBytes) throw tooLarge();
  if (declared === 0 && incoming.headers["transfer-encoding"] === undefined && incoming.httpVersionMajor < 2) return empty;
  if (bytesInFlight > maximumBytesInFlight)
    throw new AwsError("ServiceUnavailable", "Too much is being uploaded at this moment. Please try again.");
  return collect(incoming, limitBytes, tooLarge);
}

const empty = Buffer.alloc(0);

function collect(incoming: IncomingRequest, limitBytes: number, tooLarge: () => AwsError): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let receivedBytes = 0;
    const finish = (settle: () => void): void => {
      bytesInFlight -= receivedBytes;
      receivedBytes = 0;
      incoming.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      receivedBytes += chunk.length;
      bytesInFlight += chunk.length;
      if (receivedBytes > limitBytes) {
        incoming.pause();
        finish(() => reject(tooLarge()));
      } else chunks.push(chunk);
    };
    const onEnd = (): void => finish(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    const onError = (error: Error): void => finish(() => reject(new ClientGone(error)));
    const onClose = (): void => finish(() => reject(new ClientGone()));
    incoming.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  });
}

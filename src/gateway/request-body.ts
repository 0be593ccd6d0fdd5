import { AwsError } from "#wire/errors.ts";
import { BodiesInFlight } from "./bodies-in-flight.ts";
import type { IncomingRequest } from "./node-peer.ts";
import { ClientGone } from "./peer.ts";

const inFlight = new BodiesInFlight();

/** Where a request says whose access key it is signed with, in the header or the URL; verification comes later. */
const claimedKey = /Credential=([^/,%&\s]+)/;

/**
 * Reads a whole body of at most `limitBytes`. Rejects with `tooLarge()`'s error beyond it, before reading where the client says the
 * length, and stops reading at once. Whose unfinished bodies take more than their share of the memory is told to come again.
 */
export async function readBody(incoming: IncomingRequest, limitBytes: number, tooLarge: () => AwsError): Promise<Buffer> {
  const declared = Number(incoming.headers["content-length"] ?? 0);
  if (declared > limitBytes) throw tooLarge();
  if (declared === 0 && incoming.headers["transfer-encoding"] === undefined && incoming.httpVersionMajor < 2) return empty;
  return collect(incoming, limitBytes, tooLarge);
}

const empty = Buffer.alloc(0);

const tooMuch = (): AwsError => new AwsError("ServiceUnavailable", "Too much is being uploaded at this moment. Please try again.");

function collect(incoming: IncomingRequest, limitBytes: number, tooLarge: () => AwsError): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const owner = (claimedKey.exec(incoming.headers.authorization ?? "") ?? claimedKey.exec(incoming.url ?? ""))?.[1] ?? "";
    let receivedBytes = 0;
    let countedBytes = 0;
    const finish = (settle: () => void): void => {
      inFlight.release(owner, countedBytes);
      countedBytes = 0;
      incoming.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      receivedBytes += chunk.length;
      const refusal = receivedBytes > limitBytes ? tooLarge() : inFlight.take(owner, chunk.length) ? undefined : tooMuch();
      if (refusal === undefined) {
        countedBytes += chunk.length;
        chunks.push(chunk);
      } else {
        incoming.pause();
        finish(() => reject(refusal));
      }
    };
    const onEnd = (): void => finish(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    const onError = (error: Error): void => finish(() => reject(new ClientGone(error)));
    const onClose = (): void => finish(() => reject(new ClientGone()));
    incoming.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  });
}

/** Receipt handles: opaque to clients, readable to us, so that they work after a restart. */
import { invalidReceiptHandle } from "./errors.ts";

export interface Receipt {
  queueId: string;
  /** Of the message. */
  sequence: number;
  /** Of the receive. */
  nonce: string;
}

export const writeReceiptHandle = ({ queueId, sequence, nonce }: Receipt): string =>
  Buffer.from(`${queueId} ${sequence} ${nonce}`).toString("base64");

const pattern = /^([0-9a-f-]{36}) (\d{1,16}) ([0-9a-f]{16})$/;

/** Throws ReceiptHandleIsInvalid for what is no handle, or one of another queue. */
export function readReceiptHandle(handle: string, queueId: string): Receipt {
  const found = pattern.exec(Buffer.from(handle, "base64").toString("latin1"));
  if (found === null || found[1] !== queueId) throw invalidReceiptHandle(handle);
  return { queueId, sequence: Number(found[2]), nonce: found[3]! };
}

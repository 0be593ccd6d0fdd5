import type { IncomingMessage } from "node:http";
import { GrowingBuffer } from "../growing-buffer.ts";
import { maxResponseBytes } from "../runtime-link.ts";

/** A request's body: the bytes, or why there are none. */
export type Body = { kind: "whole"; bytes: Buffer } | { kind: "tooLarge" } | { kind: "truncated" };

/** Reads a body up to a limit, that of an answer unless told otherwise; what comes after it is thrown away, so that the runtime gets to read our reply. Never rejects. */
export function readBody(request: IncomingMessage, maxBytes = maxResponseBytes): Promise<Body> {
  return new Promise((resolve) => {
    const gathered = new GrowingBuffer();
    let isTooLarge = false;
    request.on("data", (chunk: Buffer) => {
      if (isTooLarge) return;
      isTooLarge = gathered.sizeBytes + chunk.length > maxBytes;
      if (isTooLarge) {
        gathered.take();
        resolve({ kind: "tooLarge" });
      } else gathered.append(chunk);
    });
    request.once("end", () => resolve({ kind: "whole", bytes: gathered.take() }));
    // Without an end before it: the runtime broke off.
    request.once("close", () => resolve({ kind: "truncated" }));
    request.on("error", () => resolve({ kind: "truncated" }));
  });
}

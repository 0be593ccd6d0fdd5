import type { Duplex } from "node:stream";
import { maxFrameBytes } from "./frames.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import { Intake } from "./intake.ts";
import type { RuntimeLink, RuntimeListener } from "./runtime-link.ts";

/** u32 BE type · u32 BE length of the text · u64 BE microseconds since 1970 */
const headBytes = 16;
/** The lower half of a type tells level and format, and whether there is a time, which there always is. */
const typeMask = 0xffff_0000;
const logType = 0xa55a_0000;

/**
 * The link of a runtime that speaks the HTTP Runtime API and writes its log events, which may hold line feeds, to descriptor 3. AWS's runtime clients do so
 * where this variable tells them to; the form of the frames is theirs.
 */
export function withFramedLogs(link: RuntimeLink, listener: RuntimeListener): RuntimeLink {
  let isOpen = true;
  let logs: Intake | undefined;
  return {
    wantsFrames: true,
    variables: { ...link.variables, _LAMBDA_TELEMETRY_LOG_FD: "3" },
    attach(process, clock) {
      const reader = new LogFrameReader((timestampMs, text) => {
        if (isOpen) listener.logged(timestampMs, text);
      });
      logs = new Intake(process.frames as Duplex, clock, (chunk, maxPieces) => {
        const takenBytes = isOpen ? reader.push(chunk, maxPieces) : chunk.length;
        if (takenBytes !== undefined) return takenBytes;
        isOpen = false;
        listener.violated("what it wrote to the descriptor for logs is no log event");
        return chunk.length;
      });
      link.attach(process, clock);
    },
    checkpoint: () => link.checkpoint?.(),
    restore: (variables) => link.restore?.(variables),
    invoke: (request, deadlineMs) => link.invoke(request, deadlineMs),
    pause() {
      link.pause();
      logs?.hold("log");
    },
    resume() {
      link.resume();
      logs?.release("log");
    },
    close() {
      isOpen = false;
      logs?.drain();
      link.close();
    },
  };
}

/** Cuts a stream of bytes into log events; holds one at most. */
export class LogFrameReader {
  #onEvent: (timestampMs: number, text: string) => void;
  #partial = new GrowingBuffer();

  constructor(onEvent: (timestampMs: number, text: string) => void) {
    this.#onEvent = onEvent;
  }

  /** Takes so many events at most, and returns how many bytes they had. Undefined for bytes that are none; the reader is of no use afterwards. */
  push(chunk: Buffer, maxEvents = Number.POSITIVE_INFINITY): number | undefined {
    let at = 0;
    for (let count = 0; at < chunk.length && count < maxEvents;) {
      const wantedBytes = this.#wantedBytes();
      if (wantedBytes === undefined) return undefined;
      const piece = chunk.subarray(at, at + wantedBytes - this.#partial.sizeBytes);
      this.#partial.append(piece);
      at += piece.length;
      if (this.#partial.sizeBytes >= headBytes && this.#partial.sizeBytes === this.#wantedBytes()) {
        const frame = this.#partial.take();
        count++;
        this.#onEvent(Number(frame.readBigUInt64BE(8) / 1000n), frame.toString("utf8", headBytes));
      }
    }
    return this.#wantedBytes() === undefined ? undefined : at;
  }

  /** Of the frame that was begun, as far as is known; undefined if it is none. */
  #wantedBytes(): number | undefined {
    if (this.#partial.sizeBytes < headBytes) return headBytes;
    const head = this.#partial.bytes;
    const textBytes = head.readUInt32BE(4);
    const isLog = (head.readUInt32BE(0) & typeMask) >>> 0 === logType;
    return isLog && textBytes <= maxFrameBytes ? headBytes + textBytes : undefined;
  }
}

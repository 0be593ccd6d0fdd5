import { GrowingBuffer } from "./growing-buffer.ts";

/**
 * The length-prefixed frames of docs/frames.md, which managed runtimes speak over a unix socket. The reader trusts nothing: it
 * is incremental, holds at most one frame, allocates as bytes arrive (never by what a length claims), and throws
 * `FrameViolation` at the first byte that breaks the rules.
 */
export const frameType = {
  invoke: 0x01,
  specialise: 0x02,
  linger: 0x03,
  checkpoint: 0x04,
  restore: 0x05,
  booted: 0x80,
  ready: 0x81,
  initError: 0x82,
  response: 0x83,
  error: 0x84,
  log: 0x85,
  responseHead: 0x86,
  responseChunk: 0x87,
  responseEnd: 0x88,
  company: 0x89,
  checkpointed: 0x8a,
  restored: 0x8b,
  restoreError: 0x8c,
  lastError: 0x8d,
} as const;

/** What follows the length of one frame from a runtime, at most. */
export const maxFrameBytes = 6 * 1024 * 1024 + 64 * 1024;

const lengthBytes = 4;
/** Length and type. */
const headBytes = lengthBytes + 1;
/** Up to here a payload is copied behind its header, so that one buffer is written: cheaper than two. */
const copiedPayloadBytes = 32 * 1024;

export interface InvokeHeader {
  requestId: string;
  deadlineMs: number;
  invokedFunctionArn: string;
  traceId: string;
  clientContext?: string | undefined;
  cognitoIdentity?: string | undefined;
  tenantId?: string | undefined;
}

export class FrameViolation extends Error {
  /** The type byte of the offending frame, where it was seen. */
  readonly type: number | undefined;

  constructor(message: string, type?: number) {
    super(message);
    this.name = "FrameViolation";
    this.type = type;
  }
}

/** Hands the bytes of one INVOKE frame to `write`, in one or two pieces. */
export function encodeInvoke(header: InvokeHeader, payload: Uint8Array, write: (bytes: Uint8Array) => void): void {
  const json = JSON.stringify(header);
  const jsonBytes = Buffer.byteLength(json);
  const payloadAt = headBytes + lengthBytes + jsonBytes;
  const isCopied = payload.length <= copiedPayloadBytes;
  const frame = Buffer.allocUnsafe(isCopied ? payloadAt + payload.length : payloadAt);
  frame.writeUInt32LE(payloadAt + payload.length - lengthBytes, 0);
  frame[lengthBytes] = frameType.invoke;
  frame.writeUInt32LE(jsonBytes, headBytes);
  frame.write(json, payloadAt - jsonBytes);
  if (isCopied) frame.set(payload, payloadAt);
  write(frame);
  if (!isCopied) write(payload);
}

/** The SPECIALISE frame: what a process that was started ahead of need is to serve. */
export const encodeSpecialise = (variables: Readonly<Record<string, string>>): Uint8Array =>
  encodeVariables(frameType.specialise, variables);

/** The RESTORE frame: with the variables that are different now. */
export const encodeRestore = (variables: Readonly<Record<string, string>>): Uint8Array => encodeVariables(frameType.restore, variables);

function encodeVariables(type: number, variables: Readonly<Record<string, string>>): Uint8Array {
  const body = JSON.stringify({ variables });
  const frame = Buffer.allocUnsafe(headBytes + Buffer.byteLength(body));
  frame.writeUInt32LE(frame.length - lengthBytes, 0);
  frame[lengthBytes] = type;
  frame.write(body, headBytes);
  return frame;
}

/** That the runtime shall not stand still between invocations. */
export const lingerFrame = Buffer.from([1, 0, 0, 0, frameType.linger]);
/** That a snapshot is to be made. */
export const checkpointFrame = Buffer.from([1, 0, 0, 0, frameType.checkpoint]);

/**
 * Cuts a stream of bytes into frames. The body handed out is a view of the chunk that was pushed, or a buffer of its own when
 * the frame came in several chunks.
 */
export class FrameReader {
  #onFrame: (type: number, body: Buffer) => void;
  /** The beginning of a frame whose end has not come yet. */
  #partial = new GrowingBuffer();

  constructor(onFrame: (type: number, body: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Takes so many frames at most, and returns how many bytes they had. Throws `FrameViolation`; the reader is of no use afterwards. */
  push(chunk: Buffer, maxFrames = Number.POSITIVE_INFINITY): number {
    let at = 0;
    for (let count = 0; count < maxFrames && at < chunk.length; count++) {
      const end = this.#partial.sizeBytes === 0 ? wholeFrameEnd(chunk, at) : undefined;
      if (end === undefined) {
        at += this.#hold(chunk, at);
      } else {
        this.#onFrame(chunk[at + lengthBytes] as number, chunk.subarray(at + headBytes, end));
        at = end;
      }
    }
    return at;
  }

  /** Copies what the frame begun still lacks, delivers it when complete, and returns how many bytes were taken. */
  #hold(chunk: Buffer, at: number): number {
    // The type is awaited with the length, so that a violation can name it.
    const isHeadHeld = this.#partial.sizeBytes >= headBytes;
    const wantedBytes = isHeadHeld ? lengthBytes + this.#partial.bytes.readUInt32LE(0) : headBytes;
    const piece = chunk.subarray(at, at + wantedBytes - this.#partial.sizeBytes);
    this.#partial.append(piece);
    if (this.#partial.sizeBytes >= headBytes && this.#partial.sizeBytes === lengthBytes + checkedLength(this.#partial.bytes, 0)) {
      const frame = this.#partial.take();
      this.#onFrame(frame[lengthBytes] as number, frame.subarray(headBytes));
    }
    return piece.length;
  }
}

/** Where the frame that begins at `at` ends, if all of it is in the chunk. */
function wholeFrameEnd(chunk: Buffer, at: number): number | undefined {
  if (chunk.length - at < headBytes) return undefined;
  const end = at + lengthBytes + checkedLength(chunk, at);
  return end <= chunk.length ? end : undefined;
}

function checkedLength(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32LE(at);
  const type = bytes[at + lengthBytes];
  if (length === 0) throw new FrameViolation("a frame without a type");
  if (length > maxFrameBytes) throw new FrameViolation(`a frame of ${length} bytes, ${maxFrameBytes} are allowed`, type);
  return length;
}

import { require } from "./builtins.mjs";

const { read, readSync, writeSync } = require("node:fs");

const frameType = {
  linger: 0x03,
  checkpoint: 0x04,
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
};

/** The frame that reports a failure in each phase; when idle the answer is out and nobody listens any more. */
const failureFrame = {
  init: frameType.initError,
  checkpoint: frameType.initError,
  restore: frameType.restoreError,
  idle: undefined,
  invoked: frameType.error,
  streaming: frameType.responseEnd,
};

const headerBytes = 5;
const chunkBytes = 64 * 1024;
const logEventBytes = 256 * 1024;
/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB, and AWS's own allowance of 100 bytes. */
const responseBytes = 6 * 1024 * 1024 + 100;

/** @type {import("./channel.mjs").Transport} */
export const nodesOwn = {
  receive: (fd, buffer, offset, length) => readSync(fd, buffer, offset, length, null),
  send: () => false,
};

/**
 * The runtime's end of the supervisor's socket (docs/frames.md). Every call blocks the process: while it waits for the next
 * invocation nothing of the customer's code moves, as in a frozen environment on AWS. It knows which frame may follow which, so
 * that a failure at any moment becomes the frame that the supervisor expects at that moment.
 */
export class Channel {
  #fd;
  #transport;
  #input = Buffer.allocUnsafe(chunkBytes);
  #output = Buffer.allocUnsafe(headerBytes + chunkBytes);
  /** @type {keyof typeof failureFrame} */
  #phase = "init";
  /** Whether the event loop goes on between invocations, because there are extensions. */
  #lingers = false;
  /** A snapshot is wanted before the first invocation. */
  #isToCheckpoint = false;
  /** Bytes of the next frame, at the start of the input, that came with the one before. */
  #ahead = 0;

  /**
   * @param {number} fd of the connected socket, in blocking mode
   * @param {Transport} transport
   *
   * @typedef {object} Transport how bytes are received and sent; both block
   * @property {(fd: number, buffer: Buffer, offset: number, length: number) => number} receive how many bytes were put into the buffer, 0 at the end
   * @property {(fd: number, type: number, text: string) => boolean} send sends a frame, or says that it cannot: then the channel does
   */
  constructor(fd, transport = nodesOwn) {
    this.#fd = fd;
    this.#transport = transport;
  }

  /** @param {Transport} transport from now on */
  goBy(transport) {
    this.#transport = transport;
  }

  booted() {
    this.#sendText(frameType.booted, "");
  }

  ready() {
    this.#phase = "idle";
    this.#sendText(frameType.ready, "");
  }

  /** Something of the function goes on while this thread waits. */
  company() {
    this.#sendText(frameType.company, "");
  }

  /**
   * Waits until the function is known that this process is to serve; exits when the supervisor has closed the socket.
   * @returns {{ variables: Record<string, string> }}
   */
  nextSpecialisation() {
    const { input, end } = this.#receive();
    return JSON.parse(input.toString("utf8", headerBytes, end));
  }

  get isToCheckpoint() {
    return this.#isToCheckpoint;
  }

  /**
   * The hooks before the snapshot have run.
   * @param {{ image: true } | { image: false, reason: string }} outcome whether the memory has been captured
   */
  checkpointed(outcome) {
    this.#sendText(frameType.checkpointed, JSON.stringify(outcome));
  }

  /**
   * Waits until it is time to go on from the snapshot; exits when the supervisor has closed the socket.
   * @returns {{ variables: Record<string, string> }} those that are different now
   */
  nextRestoration() {
    this.#isToCheckpoint = false;
    const { input, end } = this.#receive();
    this.#phase = "restore";
    return JSON.parse(input.toString("utf8", headerBytes, end));
  }

  restored() {
    this.#phase = "idle";
    this.#sendText(frameType.restored, "");
  }

  /**
   * Waits for an invocation; exits when the supervisor has closed the socket. Undefined if that wait must not block (see `lingerForInvocation`), or if
   * a snapshot is wanted first.
   * @returns {{ header: InvocationHeader, payload: string } | undefined} payload: JSON
   *
   * @typedef {{ requestId: string, deadlineMs: number, invokedFunctionArn: string, traceId?: string, clientContext?: string,
   *   cognitoIdentity?: string, tenantId?: string }} InvocationHeader
   */
  nextInvocation() {
    if (this.#lingers) return undefined;
    const { input, end, received } = this.#receive();
    if (input[headerBytes - 1] === frameType.checkpoint) return this.#beginCheckpoint();
    if (input[headerBytes - 1] !== frameType.linger) return this.#invocationIn(input, end);
    this.#lingers = true;
    this.#ahead = received - end;
    input.copyWithin(0, end, received);
    return undefined;
  }

  /** Nothing follows until that is done. */
  #beginCheckpoint() {
    this.#isToCheckpoint = true;
    this.#phase = "checkpoint";
    return undefined;
  }

  /** The same, while the event loop goes on; undefined only if a snapshot is wanted first. */
  async lingerForInvocation() {
    let input = this.#input;
    let received = this.#ahead;
    let end = headerBytes;
    this.#ahead = 0;
    for (;;) {
      if (received >= headerBytes) end = 4 + input.readUInt32LE(0);
      if (received >= end)
        return input[headerBytes - 1] === frameType.checkpoint ? this.#beginCheckpoint() : this.#invocationIn(input, end);
      input = withRoom(input, received, end);
      const count = await new Promise((resolve, reject) => {
        read(this.#fd, input, received, input.length - received, null, (error, size) => (error ? reject(error) : resolve(size)));
      });
      if (count === 0) process.exit(0);
      received += count;
    }
  }

  /**
   * @param {Buffer} input
   * @param {number} end
   */
  #invocationIn(input, end) {
    this.#phase = "invoked";
    const headerStart = headerBytes + 4;
    const headerEnd = headerStart + input.readUInt32LE(headerBytes);
    return {
      header: JSON.parse(input.utf8Slice(headerStart, headerEnd)),
      payload: input.utf8Slice(headerEnd, end),
    };
  }

  /** One whole frame, up to `end`; the bytes are good until the next one is received. */
  #receive() {
    let input = this.#input;
    let received = 0;
    let end = headerBytes;
    while (received < end) {
      const count = this.#transport.receive(this.#fd, input, received, input.length - received);
      if (count === 0) process.exit(0);
      received += count;
      if (received >= headerBytes) end = 4 + input.readUInt32LE(0);
      input = withRoom(input, received, end);
    }
    return { input, end, received };
  }

  /** @param {string} json */
  respond(json) {
    if (json.length * 3 > responseBytes && Buffer.byteLength(json) > responseBytes) {
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${responseBytes} bytes).`;
      return this.fail({ errorType: "Function.ResponseSizeTooLarge", errorMessage });
    }
    this.#phase = "idle";
    this.#sendText(frameType.response, json);
  }

  /** @param {object} error as it becomes the payload of the answer */
  fail(error) {
    const type = failureFrame[this.#phase];
    this.#phase = "idle";
    if (type !== undefined) this.#sendText(type, JSON.stringify(error));
  }

  /**
   * The same, before the process ends: no other invocation shall come to it.
   * @param {object} error
   */
  failAtLast(error) {
    if (this.#phase !== "invoked" && this.#phase !== "streaming") return this.fail(error);
    this.#phase = "idle";
    this.#sendText(frameType.lastError, JSON.stringify(error));
  }

  /** @param {string} contentType */
  beginStream(contentType) {
    this.#phase = "streaming";
    this.#sendText(frameType.responseHead, contentType);
  }

  /** @param {Uint8Array} bytes of any length */
  writeStream(bytes) {
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      const chunk = bytes.subarray(start, start + chunkBytes);
      this.#output.set(chunk, headerBytes);
      this.#send(frameType.responseChunk, this.#output, headerBytes + chunk.length);
    }
  }

  endStream() {
    this.#phase = "idle";
    this.#sendText(frameType.responseEnd, "");
  }

  /**
   * One log event, or several when it is larger than CloudWatch Logs takes.
   * @param {number} level from 1, trace, to 6, fatal
   * @param {number} timeMs since the Unix epoch
   * @param {string} text
   */
  log(level, timeMs, text) {
    const bytes = Buffer.from(text);
    let start = 0;
    do {
      let end = Math.min(start + logEventBytes, bytes.length);
      while (isContinuation(bytes[end])) end--;
      const frame = Buffer.allocUnsafe(headerBytes + 9 + end - start);
      frame[headerBytes] = level;
      frame.writeDoubleLE(timeMs, headerBytes + 1);
      bytes.copy(frame, headerBytes + 9, start, end);
      this.#send(frameType.log, frame, frame.length);
      start = end;
    } while (start < bytes.length);
  }

  /**
   * @param {number} type
   * @param {string} text
   */
  #sendText(type, text) {
    if (text.length < chunkBytes && this.#transport.send(this.#fd, type, text)) return;
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    const isSmall = headerBytes + text.length * 3 <= this.#output.length;
    const frame = isSmall ? this.#output : Buffer.allocUnsafe(headerBytes + Buffer.byteLength(text));
    this.#send(type, frame, headerBytes + frame.utf8Write(text, headerBytes));
  }

  /**
   * @param {number} type
   * @param {Buffer} frame with room for the header, then the body
   * @param {number} length of both
   */
  #send(type, frame, length) {
    frame.writeUInt32LE(length - 4, 0);
    frame[4] = type;
    let written = 0;
    while (written < length) written += writeSync(this.#fd, frame, written, length - written);
  }
}

/**
 * @param {Buffer} input of which so much is taken
 * @param {number} received
 * @param {number} end how much is needed
 */
function withRoom(input, received, end) {
  if (end <= input.length) return input;
  const larger = Buffer.allocUnsafe(end);
  input.copy(larger, 0, 0, received);
  return larger;
}

/** @param {number | undefined} byte whether it goes on with a character of UTF-8 that began before it */
function isContinuation(byte) {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

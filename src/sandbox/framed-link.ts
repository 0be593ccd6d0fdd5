import type { Duplex } from "node:stream";
import type { InvocationRequest } from "./contract.ts";
import type { RunningProcess } from "./drivers/driver.ts";
import { encodeInvoke, FrameReader, frameType, FrameViolation } from "./frames.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import { maxResponseBytes, type RuntimeAnswer, type RuntimeLink, type RuntimeListener } from "./runtime-link.ts";

/** Level and time of a LOG frame stand before its text. */
const logHeadBytes = 9;

/** The frames of one runtime process, each checked against what may come now. */
export class FramedLink implements RuntimeLink {
  readonly wantsFrames = true;
  readonly variables = {};
  #listener: RuntimeListener;
  #socket: Duplex | undefined;
  #expects: "init" | "nothing" | "answer" | "stream" | "closed" = "init";
  #contentType = "";
  /** What has come of a streamed answer; one byte over the limit is kept, so that the end knows. */
  #streamed = new GrowingBuffer();

  constructor(listener: RuntimeListener) {
    this.#listener = listener;
  }

  attach(process: RunningProcess): void {
    const socket = process.frames as Duplex;
    const reader = new FrameReader((type, body) => this.#take(type, body));
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      if (this.#expects === "closed") return;
      try {
        reader.push(chunk);
      } catch (error) {
        if (!(error instanceof FrameViolation)) throw error;
        this.#refuse(error);
      }
    });
  }

  invoke(request: InvocationRequest, deadlineMs: number): void {
    const socket = this.#socket as Duplex;
    const { requestId, invokedFunctionArn, traceId, clientContext, cognitoIdentity, tenantId } = request;
    this.#expects = "answer";
    encodeInvoke(
      { requestId, deadlineMs, invokedFunctionArn, traceId, clientContext, cognitoIdentity, tenantId },
      request.payload,
      (bytes) => socket.write(bytes),
    );
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  close(): void {
    this.#expects = "closed";
  }

  #take(type: number, body: Buffer): void {
    if (this.#expects === "closed") return;
    if (type === frameType.log && body.length >= logHeadBytes) {
      this.#listener.logged(body.readDoubleLE(1), body.toString("utf8", logHeadBytes));
    } else if (type === frameType.response && this.#expects === "answer") {
      this.#answer(body.length > maxResponseBytes ? { kind: "tooLarge" } : { kind: "response", payload: body });
    } else if (type === frameType.error && this.#expects === "answer") {
      this.#answer(body.length > maxResponseBytes ? { kind: "tooLarge" } : { kind: "error", payload: body });
    } else if (type === frameType.responseHead && this.#expects === "answer") {
      this.#expects = "stream";
      this.#contentType = body.toString();
    } else if (type === frameType.responseChunk && this.#expects === "stream") {
      this.#streamed.append(body.subarray(0, maxResponseBytes + 1 - this.#streamed.sizeBytes));
    } else if (type === frameType.responseEnd && this.#expects === "stream") {
      this.#endStream(body);
    } else if (type === frameType.ready && this.#expects === "init") {
      this.#expects = "nothing";
      this.#listener.ready();
    } else if (type === frameType.initError && this.#expects === "init") {
      this.#expects = "closed";
      this.#listener.initFailed(body);
    } else {
      throw new FrameViolation(`a frame of type 0x${type.toString(16)} and ${body.length} bytes while expecting ${this.#expects}`);
    }
  }

  #endStream(error: Buffer): void {
    const payload = this.#streamed.take();
    if (error.length > 0) this.#answer({ kind: "error", payload: error });
    else if (payload.length > maxResponseBytes) this.#answer({ kind: "tooLarge" });
    else this.#answer({ kind: "response", payload, contentType: this.#contentType });
  }

  #answer(answer: RuntimeAnswer): void {
    this.#expects = "nothing";
    this.#listener.answered(answer);
    this.#listener.done();
  }

  #refuse(violation: FrameViolation): void {
    // The function returned too much; that we cannot skip the rest of it is our affair.
    if (violation.type === frameType.response && this.#expects === "answer") this.#listener.answered({ kind: "tooLarge" });
    this.#expects = "closed";
    this.#listener.violated(violation.message);
  }
}

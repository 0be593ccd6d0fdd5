import type { Duplex } from "node:stream";
import type { InvocationRequest, ResponseSink } from "./contract.ts";
import type { RunningProcess } from "./drivers/driver.ts";
import { encodeInvoke, encodeSpecialise, FrameReader, frameType, FrameViolation, lingerFrame } from "./frames.ts";
import { maxResponseBytes, type RuntimeAnswer, type RuntimeLink, type RuntimeListener } from "./runtime-link.ts";
import { StreamedAnswer } from "./streamed-answer.ts";

/** Level and time of a LOG frame stand before its text. */
const logHeadBytes = 9;

/** The frames of one runtime process, each checked against what may come now. */
export class FramedLink implements RuntimeLink {
  readonly wantsFrames = true;
  readonly variables = {};
  #listener: RuntimeListener;
  #socket: Duplex | undefined;
  #expects: "boot" | "order" | "init" | "nothing" | "answer" | "stream" | "closed";
  #onBooted: () => void;
  /** Where an answer goes that is streamed, from the invocation on; the answer, once it has begun. */
  #sink: ResponseSink | undefined;
  #streamed: StreamedAnswer | undefined;
  /** Two reasons to read no further: log lines wait, or the caller has no room. */
  #isPaused = false;
  #isHeld = false;

  /** With `onBooted` for a process that is started ahead of need, and told by `specialise` what for. */
  constructor(listener: RuntimeListener, onBooted?: () => void) {
    this.#listener = listener;
    this.#expects = onBooted ? "boot" : "init";
    this.#onBooted = onBooted ?? (() => {});
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

  /** Legal once after `onBooted`. */
  specialise(variables: Readonly<Record<string, string>>): void {
    this.#expects = "init";
    this.#socket?.write(encodeSpecialise(variables));
  }

  linger(): void {
    this.#socket?.write(lingerFrame);
  }

  invoke(request: InvocationRequest, deadlineMs: number): void {
    const socket = this.#socket as Duplex;
    const { requestId, invokedFunctionArn, traceId, clientContext, cognitoIdentity, tenantId } = request;
    this.#expects = "answer";
    this.#sink = request.stream;
    encodeInvoke(
      { requestId, deadlineMs, invokedFunctionArn, traceId, clientContext, cognitoIdentity, tenantId },
      request.payload,
      (bytes) => socket.write(bytes),
    );
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isHeld) this.#socket?.resume();
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
      this.#streamed = new StreamedAnswer(this.#sink, body.toString());
    } else if (type === frameType.responseChunk && this.#expects === "stream") {
      const room = this.#streamed?.write(body);
      if (room) this.#hold(room);
    } else if (type === frameType.responseEnd && this.#expects === "stream") {
      this.#answer((this.#streamed as StreamedAnswer).end(body.length > 0 ? body : undefined));
    } else if (type === frameType.ready && this.#expects === "init") {
      this.#expects = "nothing";
      this.#listener.ready();
    } else if (type === frameType.booted && this.#expects === "boot") {
      this.#expects = "order";
      this.#onBooted();
    } else if (type === frameType.initError && this.#expects === "init") {
      this.#expects = "closed";
      this.#listener.initFailed(body);
    } else {
      throw new FrameViolation(`a frame of type 0x${type.toString(16)} and ${body.length} bytes while expecting ${this.#expects}`);
    }
  }

  /** Frames that were read already still come: no more than one reading of the socket. */
  #hold(room: Promise<void>): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#socket?.pause();
    void room.then(() => {
      this.#isHeld = false;
      if (!this.#isPaused) this.#socket?.resume();
    });
  }

  #answer(answer: RuntimeAnswer): void {
    this.#expects = "nothing";
    this.#sink = undefined;
    this.#streamed = undefined;
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

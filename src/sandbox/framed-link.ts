import type { Duplex } from "node:stream";
import type { Clock } from "#kit/clock.ts";
import type { InvocationRequest, ResponseSink } from "./contract.ts";
import type { RunningProcess } from "./drivers/driver.ts";
import {
  checkpointFrame,
  encodeInvoke,
  encodeRestore,
  encodeSpecialise,
  FrameReader,
  frameType,
  FrameViolation,
  lingerFrame,
} from "./frames.ts";
import { Intake } from "./intake.ts";
import { maxResponseBytes, type CheckpointOutcome, type RuntimeAnswer, type RuntimeLink, type RuntimeListener } from "./runtime-link.ts";
import { StreamedAnswer } from "./streamed-answer.ts";

/** Level and time of a LOG frame stand before its text. */
const logHeadBytes = 9;
/** For the log. */
const maxReasonLength = 200;

/** The frames of one runtime process, each checked against what may come now. */
export class FramedLink implements RuntimeLink {
  readonly wantsFrames = true;
  readonly variables = {};
  #listener: RuntimeListener;
  #socket: Duplex | undefined;
  #intake: Intake | undefined;
  #expects: "boot" | "order" | "init" | "checkpoint" | "restore" | "nothing" | "answer" | "stream" | "closed";
  #onBooted: () => void;
  /** Where an answer goes that is streamed, from the invocation on; the answer, once it has begun. */
  #sink: ResponseSink | undefined;
  #streamed: StreamedAnswer | undefined;
  /** Settles when the caller has room for more. */
  #room: Promise<void> | undefined;
  /** Of the runtime's thread, which blocks: threads and processes that go on meanwhile. */
  #hasCompany = false;
  #lingers = false;

  /** With `onBooted` for a process that is started ahead of need, and told by `specialise` what for. */
  constructor(listener: RuntimeListener, onBooted?: () => void) {
    this.#listener = listener;
    this.#expects = onBooted ? "boot" : "init";
    this.#onBooted = onBooted ?? (() => {});
  }

  attach(process: RunningProcess, clock: Clock): void {
    const reader = new FrameReader((type, body) => this.#take(type, body));
    this.#socket = process.frames as Duplex;
    this.#intake = new Intake(this.#socket, clock, (chunk, maxPieces) => {
      if (this.#expects === "closed") return chunk.length;
      try {
        return reader.push(chunk, maxPieces);
      } catch (error) {
        this.#refuse(error);
        return chunk.length;
      }
    });
  }

  /** Legal once after `onBooted`. */
  specialise(variables: Readonly<Record<string, string>>): void {
    this.#expects = "init";
    this.#socket?.write(encodeSpecialise(variables));
  }

  checkpoint(): void {
    this.#expects = "checkpoint";
    this.#socket?.write(checkpointFrame);
  }

  restore(variables: Readonly<Record<string, string>>): void {
    this.#expects = "restore";
    this.#socket?.write(encodeRestore(variables));
  }

  get standsStill(): boolean {
    return !this.#hasCompany && !this.#lingers;
  }

  linger(): void {
    this.#lingers = true;
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
    this.#intake?.hold("log");
  }

  resume(): void {
    this.#intake?.release("log");
  }

  close(): void {
    this.#expects = "closed";
    this.#intake?.drain();
  }

  #take(type: number, body: Buffer): void {
    if (this.#expects === "closed") return;
    if (type === frameType.log && body.length >= logHeadBytes) {
      this.#listener.logged(body.readDoubleLE(1), body.toString("utf8", logHeadBytes));
    } else if (type === frameType.company && body.length === 0) {
      this.#hasCompany = true;
    } else if (type === frameType.response && this.#expects === "answer") {
      this.#answer(body.length > maxResponseBytes ? { kind: "tooLarge" } : { kind: "response", payload: body });
    } else if (type === frameType.error && this.#expects === "answer") {
      this.#answer(body.length > maxResponseBytes ? { kind: "tooLarge" } : { kind: "error", payload: body });
    } else if (type === frameType.lastError && (this.#expects === "answer" || this.#expects === "stream")) {
      // Not done: what follows is the end of the process.
      this.#expects = "closed";
      this.#listener.answered(body.length > maxResponseBytes ? { kind: "tooLarge" } : { kind: "error", payload: body });
    } else if (type === frameType.responseHead && this.#expects === "answer") {
      this.#expects = "stream";
      this.#streamed = new StreamedAnswer(this.#sink, body.toString());
    } else if (type === frameType.responseChunk && this.#expects === "stream") {
      const room = this.#streamed?.write(body);
      if (room) this.#waitFor(room);
    } else if (type === frameType.responseEnd && this.#expects === "stream") {
      this.#answer((this.#streamed as StreamedAnswer).end(body.length > 0 ? body : undefined));
    } else if (type === frameType.ready && this.#expects === "init") {
      this.#expects = "nothing";
      this.#listener.ready();
    } else if (type === frameType.booted && this.#expects === "boot") {
      this.#expects = "order";
      this.#onBooted();
    } else if (type === frameType.initError && (this.#expects === "init" || this.#expects === "checkpoint")) {
      this.#expects = "closed";
      this.#listener.initFailed(body);
    } else if (!this.#takeOfSnapshot(type, body)) {
      throw new FrameViolation(`a frame of type 0x${type.toString(16)} and ${body.length} bytes while expecting ${this.#expects}`);
    }
  }

  #takeOfSnapshot(type: number, body: Buffer): boolean {
    if (type === frameType.checkpointed && this.#expects === "checkpoint") {
      this.#expects = "order";
      this.#listener.checkpointed(outcomeIn(body));
    } else if (type === frameType.restored && this.#expects === "restore") {
      this.#expects = "nothing";
      this.#listener.restored();
    } else if (type === frameType.restoreError && this.#expects === "restore") {
      this.#expects = "closed";
      this.#listener.restoreFailed(body);
    } else return false;
    return true;
  }

  /** Frames of the slice that is being taken still come. */
  #waitFor(room: Promise<void>): void {
    if (this.#room === room) return;
    this.#room = room;
    this.#intake?.hold("room");
    void room.then(() => {
      if (this.#room === room) this.#intake?.release("room");
    });
  }

  #answer(answer: RuntimeAnswer): void {
    this.#expects = "nothing";
    this.#sink = undefined;
    this.#streamed = undefined;
    this.#listener.answered(answer);
    this.#listener.done();
  }

  /** Also what we could not cope with is taken for a violation: it is this runtime's words that led there. */
  #refuse(error: unknown): void {
    const isTooLarge = error instanceof FrameViolation && error.type === frameType.response && this.#expects === "answer";
    this.#expects = "closed";
    // The function returned too much; that we cannot skip the rest of it is our affair.
    if (isTooLarge) this.#listener.answered({ kind: "tooLarge" });
    this.#listener.violated(error instanceof FrameViolation ? error.message : `its frames could not be served: ${String(error)}`);
  }
}

function outcomeIn(body: Buffer): CheckpointOutcome {
  const { image, reason } = JSON.parse(body.toString()) as { image?: unknown; reason?: unknown };
  return image === true ? { hasImage: true } : { hasImage: false, reason: String(reason).slice(0, maxReasonLength) };
}

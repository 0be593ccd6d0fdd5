import { require } from "./builtins.mjs";
import { RuntimeError } from "./errors.mjs";
import { turnOfLoop } from "./session.mjs";
import { highWaterMarkOf } from "./awslambda.mjs";

// Kept from before the customer's code runs, which may put fake timers in their place.
const { setInterval, clearInterval } = globalThis;
const { Writable } = require("node:stream");
const { finished } = require("node:stream/promises");

const aLongTimeMs = 2 ** 31 - 1;

/**
 * Handlers wrapped in `awslambda.streamifyResponse`: `(event, responseStream, context)`. The answer ends once the stream has
 * ended and the handler's promise is settled.
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 * @param {import("./handler.mjs").Handler} handler
 * @param {import("./session.mjs").Session} session
 */
export async function serveStreams(handler, session) {
  for (;;) {
    const { event, context } = session.next() ?? (await session.later());
    const stream = new ResponseStream(session.channel, highWaterMarkOf(handler));
    // On AWS the stream is a connection: a handler that never ends it runs into the function's timeout.
    const connection = setInterval(() => {}, aLongTimeMs);
    try {
      const returned = handler(event, stream, context);
      if (typeof returned?.then !== "function") throw new Error("Streaming does not support non-async handlers.");
      if ((await returned) !== undefined) console.warn("Streaming handlers ignore return values.");
      await finished(stream);
      await turnOfLoop();
      session.channel.endStream();
    } catch (error) {
      stream.abandon();
      await turnOfLoop();
      session.fail(error);
    } finally {
      clearInterval(connection);
    }
  }
}

/** What the handler writes, sent as it comes: writing to the supervisor blocks, which is all the back-pressure there is to do. */
export class ResponseStream extends Writable {
  #channel;
  #contentType = "application/octet-stream";
  #hasBegun = false;
  #isAbandoned = false;
  /** @type {((write: (bytes: string | Uint8Array) => void) => void) | undefined} set by `HttpResponseStream.from` */
  _onBeforeFirstWrite;

  /**
   * @param {import("./channel.mjs").Channel} channel
   * @param {number | undefined} highWaterMark in bytes
   */
  constructor(channel, highWaterMark) {
    super({ highWaterMark });
    this.#channel = channel;
  }

  /** @param {string} contentType */
  setContentType(contentType) {
    if (this.#hasBegun) {
      throw new RuntimeError("InvalidStreamingOperation", "Cannot set content-type, too late.");
    }
    this.#contentType = contentType;
  }

  /** Takes anything: what is neither text nor bytes goes as JSON. */
  write(chunk, ...rest) {
    const isPlain = typeof chunk === "string" || chunk instanceof Uint8Array;
    return super.write(isPlain ? chunk : JSON.stringify(chunk), ...rest);
  }

  /** The answer has failed: what the customer's code still writes must not get into the next one. */
  abandon() {
    this.#isAbandoned = true;
  }

  _write(chunk, _encoding, callback) {
    this.#begin();
    if (!this.#isAbandoned) this.#channel.writeStream(chunk);
    callback();
  }

  // DIVERGES: on AWS the metadata of an answer without any `write` is lost.
  _final(callback) {
    this.#begin();
    callback();
  }

  #begin() {
    if (this.#hasBegun || this.#isAbandoned) return;
    this.#hasBegun = true;
    this.#channel.beginStream(this.#contentType);
    this._onBeforeFirstWrite?.((bytes) => this.#channel.writeStream(Buffer.from(bytes)));
  }
}

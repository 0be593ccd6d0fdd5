import { RuntimeError } from "./errors.mjs";
import { snapshotHooks } from "./snapshots.mjs";

/**
 * `awslambda`, the global that AWS's runtime gives to handlers.
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 * @param {import("./invoke-store.mjs").InvokeStore} store
 */
export function installGlobals(store) {
  globalThis.awslambda = { InvokeStore: store, streamifyResponse, HttpResponseStream, snapshot: snapshotHooks };
}

// The registry's names are part of AWS's interface: frameworks set the marks by themselves.
const streaming = Symbol.for("aws.lambda.runtime.handler.streaming");
const highWaterMark = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");

/**
 * `awslambda.streamifyResponse`: marks a handler as one that writes its answer to a stream.
 * @template {import("./handler.mjs").Handler} H
 * @param {H} handler
 * @param {{ highWaterMark?: number }} [options] in bytes
 * @returns {H}
 */
function streamifyResponse(handler, options) {
  handler[streaming] = "response";
  if (typeof options?.highWaterMark === "number") handler[highWaterMark] = options.highWaterMark;
  return handler;
}

/** @param {import("./handler.mjs").Handler} handler */
export function isStreaming(handler) {
  if (!handler[streaming]) return false;
  if (handler[streaming] === "response") return true;
  throw new RuntimeError("MalformedStreamingHandler", "Only response streaming is supported.");
}

/** @param {import("./handler.mjs").Handler} handler */
export function highWaterMarkOf(handler) {
  return Number(handler[highWaterMark]) || undefined;
}

/** Between the metadata of an HTTP answer and its body. */
const delimiter = new Uint8Array(8);

/** An answer that says its status code, headers and cookies before its body. */
class HttpResponseStream {
  /**
   * @param {import("./serve-streams.mjs").ResponseStream} stream
   * @param {{ statusCode?: number, headers?: Record<string, string>, cookies?: string[] }} metadata
   */
  static from(stream, metadata) {
    stream.setContentType("application/vnd.awslambda.http-integration-response");
    const prelude = JSON.stringify(metadata);
    stream._onBeforeFirstWrite = (write) => {
      write(prelude);
      write(delimiter);
    };
    return stream;
  }
}

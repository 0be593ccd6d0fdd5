import { installGlobals, isStreaming } from "./awslambda.mjs";
import { require } from "./builtins.mjs";
import { Channel } from "./channel.mjs";
import { loadHandler } from "./handler.mjs";
import { InvokeStore } from "./invoke-store.mjs";
import { patchConsole } from "./logging.mjs";
import { resolveFromNodePath } from "./node-path.mjs";
import { serveCallbacks } from "./serve-callbacks.mjs";
import { servePromises } from "./serve-promises.mjs";
import { Session } from "./session.mjs";

const { closeSync, openSync, readSync } = require("node:fs");

/** An INVOKE frame as the supervisor sends them. */
const invoke = frameOf(
  {
    requestId: "00000000-0000-4000-8000-000000000000",
    deadlineMs: 1_700_000_000_000,
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:rehearsal",
    traceId: "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
  },
  { Records: [{ body: "rehearsal" }] },
);

/**
 * Loads and invokes functions of our own, and answers nobody: whatever V8 and Node do for the first time takes several times as long, and what
 * they have done some hundred times has been compiled. What varies from one process to the next must vary here, too: otherwise it is compiled as if it never could.
 * @param {number} count how often to invoke each of them
 */
export async function rehearse(count) {
  const loaded = await loadHandler(import.meta.dirname, "rehearsal.handler");
  for (const path of Object.keys(require.cache)) delete require.cache[path];
  const handlers = [
    loaded,
    async (event, context) => [event, context.awsRequestId],
    // Hardly any function does without timers.
    async (event) => {
      clearTimeout(setTimeout(() => {}, 1_000));
      return event.Records;
    },
  ];
  const [source, sink] = [openSync("/dev/zero", "r"), openSync("/dev/null", "w")];
  const receivers = [
    (_fd, buffer, offset, _length, position) => {
      const size = readSync(source, buffer, offset, invoke.length, position);
      buffer.set(invoke, offset);
      return size;
    },
    (_fd, buffer, offset, _length, position) => {
      readSync(source, buffer, offset, 1, position);
      return invoke.copy(buffer, offset);
    },
  ];
  const listeners = process.listeners("beforeExit");
  for (const serve of [servePromises, serveCallbacks]) {
    for (const [index, handler] of handlers.entries()) {
      const session = new Session(new Channel(sink, receivers[index % receivers.length]), new InvokeStore(), () => {});
      await new Promise((over) => {
        let left = count;
        // The end is that one never answers.
        serve((event, context) => (left-- > 0 ? handler(event, context) : new Promise(over)), session);
      });
    }
  }
  rehearseTheBeginning(new Channel(sink), loaded);
  for (const listener of process.listeners("beforeExit")) if (!listeners.includes(listener)) process.off("beforeExit", listener);
  closeSync(source);
  closeSync(sink);
}

/**
 * What bootstrap.mjs does once: compiled, but with no consequences.
 * @param {Channel} channel that leads nowhere
 * @param {import("./handler.mjs").Handler} handler
 */
function rehearseTheBeginning(channel, handler) {
  const original = { ...console };
  patchConsole(channel, () => ({ requestId: undefined, tenantId: undefined }));
  for (const name of Object.keys(console)) if (!(name in original)) delete console[name];
  Object.assign(console, original);
  installGlobals(new InvokeStore());
  delete globalThis.awslambda;
  resolveFromNodePath();
  isStreaming(handler);
  channel.ready();
}

/**
 * @param {import("./channel.mjs").InvocationHeader} header
 * @param {unknown} event
 */
function frameOf(header, event) {
  const text = JSON.stringify(header);
  const frame = Buffer.from(`\0\0\0\0\x01\0\0\0\0${text}${JSON.stringify(event)}`);
  frame.writeUInt32LE(frame.length - 4);
  frame.writeUInt32LE(text.length, 5);
  return frame;
}

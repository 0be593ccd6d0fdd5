import { installGlobals, isStreaming } from "./awslambda.mjs";
import { require } from "./builtins.mjs";
import { Channel, nodesOwn } from "./channel.mjs";
import { loadHandler } from "./handler.mjs";
import { InvokeStore } from "./invoke-store.mjs";
import { patchConsole } from "./logging.mjs";
import { resolveFromNodePath } from "./node-path.mjs";
import { serveCallbacks } from "./serve-callbacks.mjs";
import { servePromises } from "./serve-promises.mjs";
import { Session } from "./session.mjs";

const { closeSync, openSync } = require("node:fs");

const header = {
  requestId: "00000000-0000-4000-8000-000000000000",
  deadlineMs: 1_700_000_000_000,
  invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:rehearsal",
  traceId: "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
};

/** INVOKE frames as the supervisor sends them. */
const frames = [{ Records: [{ body: "rehearsal" }] }, { text: "rehearsal" }, "rehearsal"].map(frameOf);

/** What a session reads. */
const variables = [
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
];

/**
 * Loads and invokes functions of our own, and answers nobody: whatever V8 and Node do for the first time takes several times as long, and what
 * they have done some hundred times has been compiled. What varies from one process to the next must vary here, too: otherwise it is compiled as if it never could.
 * @param {number} count how often to invoke each of them
 * @param {import("./channel.mjs").Transport} transport
 */
export async function rehearse(count, transport = nodesOwn) {
  const loaded = await loadHandler(import.meta.dirname, "rehearsal.handler");
  for (const path of Object.keys(require.cache)) delete require.cache[path];
  const handlers = [
    loaded,
    async (event, context) => [event, context.awsRequestId],
    // Hardly any function does without timers.
    async (event) => {
      clearTimeout(setTimeout(() => {}, 1_000));
      await new Promise((resolve) => setImmediate(resolve));
      return event.Records;
    },
  ];
  const [source, sink] = [openSync("/dev/zero", "r"), openSync("/dev/null", "w")];
  const { receive, send } = transport;
  let turn = 0;
  const receivers = [
    (_fd, buffer, offset) => {
      const frame = frames[turn++ % frames.length];
      const size = receive(source, buffer, offset, frame.length);
      buffer.set(frame, offset);
      return size;
    },
    (_fd, buffer, offset) => {
      receive(source, buffer, offset, 1);
      return frames[turn++ % frames.length].copy(buffer, offset);
    },
  ];
  const listeners = process.listeners("beforeExit");
  // Texts, as they will be.
  for (const name of variables) process.env[name] = "rehearsal";
  const servers = [servePromises, serveCallbacks];
  // Where it is to be compiled, twice: what comes for the first time makes V8 throw away what it has compiled for those before.
  for (const serve of count > 1 ? [...servers, ...servers] : servers) {
    for (const [index, handler] of handlers.entries()) {
      const session = new Session(new Channel(sink, { receive: receivers[index % receivers.length], send }), new InvokeStore(), () => {});
      await new Promise((over) => {
        let left = count;
        // The end is that one never answers.
        serve((event, context) => (left-- > 0 ? handler(event, context) : new Promise(over)), session);
      });
    }
  }
  for (const name of variables) delete process.env[name];
  rehearseTheBeginning(new Channel(sink, transport), loaded);
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

/** @param {unknown} event */
function frameOf(event) {
  const text = JSON.stringify(header);
  const frame = Buffer.from(`\0\0\0\0\x01\0\0\0\0${text}${JSON.stringify(event)}`);
  frame.writeUInt32LE(frame.length - 4);
  frame.writeUInt32LE(text.length, 5);
  return frame;
}

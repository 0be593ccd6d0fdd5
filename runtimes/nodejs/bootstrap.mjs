/**
 * The Node.js runtime: loads the customer's handler and serves invocations to it, one after the other, until the supervisor
 * closes the socket (docs/frames.md). It runs on Node 18 and later, has no dependencies and imports nothing of `src`; it behaves
 * as AWS's own runtime does, of which there are two generations: up to nodejs22.x handlers may take a callback, and from
 * nodejs24.x on a handler's answer is what it returns.
 */
import { installGlobals, isStreaming } from "./awslambda.mjs";
import { Channel } from "./channel.mjs";
import { announceCompany } from "./company.mjs";
import { RuntimeError } from "./errors.mjs";
import { loadHandler } from "./handler.mjs";
import { InvokeStore } from "./invoke-store.mjs";
import { patchConsole } from "./logging.mjs";
import { resolveFromNodePath } from "./node-path.mjs";
import { Session } from "./session.mjs";

const channel = new Channel(3);
// Started ahead of need: which function it is for is told by a frame.
if (process.env._HANDLER === undefined) await (await import("./stand-by.mjs")).standBy(channel);

/** The Node major that the function was made for; the binary may be newer where that very one is not installed. */
const generation = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? "")?.[1] ?? process.versions.node.split(".")[0]);
const allowsCallbacks = generation < 24;

const store = new InvokeStore();
const logError = patchConsole(channel, () => ({
  requestId: allowsCallbacks && !store.hasContext() ? undefined : store.getRequestId(),
  tenantId: store.getTenantId(),
}));
const session = new Session(channel, store, logError);

// DIVERGES: AWS's runtime for nodejs24.x dies of these without a word to the caller, whereas the older ones report them, as we do.
process.on("uncaughtException", (error) => session.crash("Uncaught Exception", error, 129));
process.on("unhandledRejection", (reason, promise) => {
  const error = new RuntimeError("UnhandledPromiseRejection", String(reason));
  session.crash("Unhandled Promise Rejection", Object.assign(error, { reason, promise }), 128);
});

installGlobals(store);
announceCompany(channel);
resolveFromNodePath();

try {
  const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
  const serve = await serverFor(handler);
  channel.ready();
  serve(handler, session);
} catch (error) {
  session.crash(allowsCallbacks ? "Uncaught Exception" : "Init Error", error, 1);
}

/** @param {import("./handler.mjs").Handler} handler */
async function serverFor(handler) {
  if (isStreaming(handler)) return (await import("./serve-streams.mjs")).serveStreams;
  if (allowsCallbacks) return (await import("./serve-callbacks.mjs")).serveCallbacks;
  if (handler.length >= 3) {
    throw new RuntimeError(
      "CallbackHandlerDeprecated",
      "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.",
    );
  }
  return (await import("./serve-promises.mjs")).servePromises;
}

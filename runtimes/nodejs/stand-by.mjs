import { require } from "./builtins.mjs";
import { serveForks } from "./fork-server.mjs";
import { loadHandler } from "./handler.mjs";
import { InvokeStore } from "./invoke-store.mjs";
import { servePromises } from "./serve-promises.mjs";
import { Session } from "./session.mjs";

const { Module } = require("node:module");

/**
 * Waits, with everything loaded that a function of any kind may need, for the function that this process is to serve. Then the process
 * becomes what it would have been had it been started for that function: its variables, its working folder, its paths of modules.
 * @param {import("./channel.mjs").Channel} channel
 */
export async function standBy(channel) {
  await Promise.all([import("./serve-callbacks.mjs"), import("./serve-streams.mjs")]);
  await rehearse();
  const { PILOTLIGHT_FORK_SERVER: addon } = process.env;
  if (addon !== undefined) serveForks(addon);
  channel.booted();
  const { variables } = channel.nextSpecialisation();
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, variables);
  // Also where the folder has this name already: what is mounted there now has been mounted since.
  process.chdir(variables.LAMBDA_TASK_ROOT);
  // Node reads NODE_PATH once, at its start.
  Module._initPaths();
}

/** Loads and invokes a function of our own: whatever Node does for the first time takes several times as long. */
async function rehearse() {
  const handler = await loadHandler(import.meta.dirname, "rehearsal.handler");
  for (const path of Object.keys(require.cache)) delete require.cache[path];
  const invocations = [{ header: { requestId: "", deadlineMs: 0, invokedFunctionArn: "" }, payload: "{}" }];
  const channel = { nextInvocation: () => invocations.pop(), respond() {} };
  // The end is that there is no second invocation.
  await servePromises(handler, new Session(channel, new InvokeStore(), () => {})).catch(() => {});
}

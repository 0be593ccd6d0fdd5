import { require } from "./builtins.mjs";
import { loadNative, serveForks } from "./fork-server.mjs";
import { rehearse } from "./rehearse.mjs";

const { Module } = require("node:module");

/** What is worth a tenth of a second once for all forks: they have from their first invocation on what others have after a thousand. */
const compiledAfter = 400;

/**
 * Waits, with everything loaded that a function of any kind may need, for the function that this process is to serve. Then the process
 * becomes what it would have been had it been started for that function: its variables, its working folder, its paths of modules.
 * @param {import("./channel.mjs").Channel} channel
 */
export async function standBy(channel) {
  await import("./serve-streams.mjs");
  const { PILOTLIGHT_FORK_SERVER: addon } = process.env;
  if (addon === undefined) {
    await rehearse(1);
  } else {
    const transport = loadNative(addon);
    await rehearse(compiledAfter, transport);
    serveForks();
    channel.goBy(transport);
  }
  channel.booted();
  const { variables } = channel.nextSpecialisation();
  // What stays as it is, is not touched: a change of TZ alone makes Node look for the time zone again.
  for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
  for (const [name, value] of Object.entries(variables)) if (process.env[name] !== value) process.env[name] = value;
  // Also where the folder has this name already: what is mounted there now has been mounted since.
  process.chdir(variables.LAMBDA_TASK_ROOT);
  // Node reads NODE_PATH once, at its start.
  Module._initPaths();
}

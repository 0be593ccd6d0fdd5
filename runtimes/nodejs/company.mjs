import { require } from "./builtins.mjs";

const { subscribe, unsubscribe } = require("node:diagnostics_channel");

/** https://nodejs.org/api/diagnostics_channel.html#built-in-channels */
const childProcesses = "child_process";

/**
 * Tells the supervisor as soon as the function has started a worker or a process: they do not stand still because the main thread waits.
 * @param {import("./channel.mjs").Channel} channel
 */
export function announceCompany(channel) {
  let isAnnounced = false;
  const announce = () => {
    if (isAnnounced) return;
    isAnnounced = true;
    channel.company();
    process.removeListener("worker", announce);
    unsubscribe(childProcesses, announce);
  };
  process.on("worker", announce);
  subscribe(childProcesses, announce);
}

/**
 * Makes a tool that starts other processes end together with them when set-up.mjs, which made it the leader of a process group, is
 * killed. (When the tool is the first to end, set-up.mjs ends the rest of the group.)
 */
export function stopTogether(): void {
  process.once("disconnect", () => process.kill(-process.pid, "SIGKILL"));
  // Waiting for that event must not keep us alive.
  process.channel?.unref();
}

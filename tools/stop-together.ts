/**
 * Makes a tool that runs others end together with them: when it is told to stop, and when set-up.mjs, which started it as the leader
 * of a process group, is gone.
 */
export function stopTogether(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      try {
        process.kill(-process.pid, signal);
      } catch {
        // Started by hand, we lead no group: whoever signalled us has signalled the others as well.
        process.kill(process.pid, signal);
      }
    });
  }
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  // Waiting for that event must not keep us alive.
  process.channel?.unref();
}

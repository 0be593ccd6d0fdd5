import { capture } from "./fork-server.mjs";

/** @typedef {() => unknown} Hook may be asynchronous */

/** @type {Hook[]} */
const beforeSnapshot = [];
/** @type {Hook[]} */
const afterRestore = [];

/** `awslambda.snapshot`. DIVERGES: AWS has no SnapStart for Node.js, and so no hooks; these follow those for Python. */
export const snapshotHooks = Object.freeze({
  /**
   * Called before the snapshot is made; the last that was registered comes first.
   * @param {Hook} hook
   */
  registerBeforeSnapshot(hook) {
    beforeSnapshot.push(hook);
  },

  /**
   * Called in each environment that begins with the snapshot, in the order of registration.
   * @param {Hook} hook
   */
  registerAfterRestore(hook) {
    afterRestore.push(hook);
  },
});

/**
 * Runs the hooks, and has the process captured between them. It may go on as another process, days later. What a hook throws ends the process.
 * @param {import("./session.mjs").Session} session
 */
export async function passThroughSnapshot(session) {
  const { channel } = session;
  try {
    for (const hook of beforeSnapshot.toReversed()) await hook();
  } catch (error) {
    session.crash("Before Snapshot Error", error, 64);
  }
  const outcome = capture();
  if (outcome === "restored") channel.booted();
  else channel.checkpointed(outcome === "captured" ? { image: true } : { image: false, reason: outcome });
  // The others stay as the function left them.
  Object.assign(process.env, channel.nextRestoration().variables);
  try {
    for (const hook of afterRestore) await hook();
  } catch (error) {
    session.crash("After Restore Error", error, 65);
  }
  channel.restored();
}

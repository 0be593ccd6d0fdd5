import { turnOfLoop } from "./session.mjs";

/**
 * Handlers from nodejs24.x on: the answer is what they return, or what their promise resolves to.
 * @param {import("./handler.mjs").Handler} handler
 * @param {import("./session.mjs").Session} session
 */
export async function servePromises(handler, session) {
  for (;;) {
    const { event, context } = session.next() ?? (await session.later());
    try {
      const result = await handler(event, context);
      await turnOfLoop();
      session.succeed(result);
    } catch (error) {
      await turnOfLoop();
      session.fail(error);
    }
  }
}

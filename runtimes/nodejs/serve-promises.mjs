// Kept from before the customer's code runs, which may put fake timers in their place.
const { setImmediate } = globalThis;

/**
 * Handlers from nodejs24.x on: the answer is what they return, or what their promise resolves to.
 * @param {import("./handler.mjs").Handler} handler
 * @param {import("./session.mjs").Session} session
 */
export function servePromises(handler, session) {
  function serveNext() {
    const invocation = session.next();
    if (invocation) void serveThis(invocation);
    else void session.later().then(serveThis);
  }

  async function serveThis({ event, context }) {
    try {
      // The event loop goes round once, for timers and sockets that are due, before the process stands still again.
      setImmediate(succeed, await handler(event, context));
    } catch (error) {
      setImmediate(fail, error);
    }
  }

  function succeed(result) {
    session.succeed(result);
    serveNext();
  }

  function fail(error) {
    session.fail(error);
    serveNext();
  }

  serveNext();
}

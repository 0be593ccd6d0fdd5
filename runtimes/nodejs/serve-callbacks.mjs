const { setImmediate } = globalThis;

/**
 * Handlers up to nodejs22.x: they return a promise, or call back, or call a method of the context, whichever comes first. A
 * handler that does none of these is answered with null once the event loop is empty, and what it returns counts for nothing.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html#nodejs-handler-callback
 * @param {import("./handler.mjs").Handler} handler
 * @param {import("./session.mjs").Session} session
 */
export function serveCallbacks(handler, session) {
  let onEmptyLoop = () => {};
  process.on("beforeExit", () => onEmptyLoop());

  function serveNext() {
    const invocation = session.next();
    if (invocation) serveThis(invocation);
    else void session.later().then(serveThis);
  }

  function serveThis({ event, context }) {
    let isSettled = false;
    const settle = (action) => (error, result) => {
      if (isSettled) return;
      isSettled = true;
      action(error ?? undefined, result);
    };
    const answer = (error, result) => {
      if (error === undefined) session.succeed(result);
      else session.fail(error);
      setImmediate(serveNext);
    };

    const done = settle(answer);
    const callback = settle((error, result) => {
      if (error !== undefined || !context.callbackWaitsForEmptyEventLoop) answer(error, result);
      else onEmptyLoop = () => setImmediate(answer, undefined, result);
    });
    const succeed = (result) => done(undefined, result);
    const fail = (error) => done(error ?? "handled");
    context.callbackWaitsForEmptyEventLoop = true;
    context.done = done;
    context.succeed = succeed;
    context.fail = fail;
    onEmptyLoop = succeed;

    try {
      const returned = handler(event, context, callback);
      if (typeof returned?.then === "function") returned.then(succeed, fail);
    } catch (error) {
      fail(error);
    }
  }

  serveNext();
}

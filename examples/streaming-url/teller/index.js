const { setTimeout: pause } = require("node:timers/promises");

/** Tells a story word by word; who reads it need not wait for the end. */
exports.handler = awslambda.streamifyResponse(async (event, responseStream) => {
  const { words = "once upon a time", ms = "200" } = event.queryStringParameters ?? {};
  const stream = awslambda.HttpResponseStream.from(responseStream, {
    statusCode: 200,
    headers: { "Content-Type": "text/plain; charset=utf-8" },
    cookies: ["told=yes"],
  });
  for (const word of words.split(" ")) {
    stream.write(`${word}\n`);
    await pause(Number(ms));
  }
  stream.end();
});

// Middy: a handler that sees a parsed body and throws errors with a status, between middleware that sees to both.
import middy from "@middy/core";
import httpErrorHandler from "@middy/http-error-handler";
import httpJsonBodyParser from "@middy/http-json-body-parser";
import { createError } from "@middy/util";

export const handler = middy(async ({ body }) => {
  if (typeof body.name !== "string") throw createError(422, "whom shall I greet?");
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify({ greeting: `Hello, ${body.name}` }) };
})
  .use(httpJsonBodyParser())
  .use(httpErrorHandler({ logger: false }));

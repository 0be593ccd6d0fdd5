/** What a server really answered, below what the SDK makes of it: a null or a member too many is not to be seen there. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Lambda } from "@aws-sdk/client-lambda";

export interface WireAnswer {
  status: number;
  /** As it came, undecoded. */
  body: string;
}

/** Keeps the last answer to `lambda` in the object that it gives back. */
export function recordAnswers(lambda: Lambda): WireAnswer {
  const last: WireAnswer = { status: 0, body: "" };
  lambda.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { statusCode: number; body: Readable };
      const bytes = await buffer(response.body);
      last.status = response.statusCode;
      last.body = bytes.toString();
      response.body = Readable.from([bytes]);
      return result;
    },
    // Nearer to the wire than the SDK's own.
    { step: "deserialize", priority: "low" },
  );
  return last;
}

import type { IncomingMessage } from "node:http";
import { finished } from "node:stream/promises";
import { contained } from "../containment.ts";
import { maxResponseBytes, type RuntimeAnswer } from "../runtime-link.ts";
import { StreamedAnswer } from "../streamed-answer.ts";
import { readBody, type Body } from "./body.ts";
import { isForCurrent, moveOrRefuse, type Endpoint } from "./exchange.ts";
import { accept, refuse, refuseTooLarge } from "./replies.ts";

/** POST /2018-06-01/runtime/invocation/{id}/response: the answer of the function, whole or streamed with an error in the trailers. */
export const response: Endpoint = async (exchange, request, reply, requestId) => {
  if (!isForCurrent(exchange, request, reply, requestId)) return;
  if (!moveOrRefuse(exchange, "InvocationResponse", reply)) return;
  const mode = request.headers["lambda-runtime-function-response-mode"];
  const isWhole = mode === undefined;
  if (!isWhole && mode !== "streaming") {
    request.resume();
    exchange.states.tryMove("RuntimeResponseSent");
    exchange.listener.answered(brokenAnswer("Runtime.InvalidResponseModeHeader", requestId, "Invalid function response mode"));
    return refuse(reply, 400, "InvalidFunctionResponseMode", "Invalid function response mode");
  }
  const answer = isWhole ? wholeAnswer(await readBody(request)) : await readStream(request, exchange.current?.request.stream);
  exchange.states.tryMove("RuntimeResponseSent");
  if (answer === "truncated") {
    exchange.listener.answered(brokenAnswer("Runtime.TruncatedResponse", requestId, "The response of the runtime was truncated"));
    return refuse(reply, 400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
  }
  exchange.listener.answered(answer);
  if (answer.kind === "tooLarge") refuseTooLarge(reply, answer.limitBytes);
  else accept(reply);
};

function wholeAnswer(body: Body): RuntimeAnswer | "truncated" {
  if (body.kind === "truncated") return body.kind;
  return body.kind === "tooLarge" ? body : { kind: "response", payload: body.bytes };
}

/** Hands on what comes as it comes; a caller that has no room holds up the runtime. */
async function readStream(
  request: IncomingMessage,
  sink: ConstructorParameters<typeof StreamedAnswer>[0],
): Promise<RuntimeAnswer | "truncated"> {
  const answer = new StreamedAnswer(sink, request.headers["content-type"] ?? "application/octet-stream");
  const take = (chunk: Buffer): void => {
    const room = answer.write(chunk);
    if (!room) return;
    request.pause();
    void room.then(() => request.resume());
  };
  request.on(
    "data",
    contained(take, (error) => request.destroy(error as Error)),
  );
  try {
    await finished(request);
  } catch {
    return "truncated";
  }
  const errorType = request.trailers["lambda-runtime-function-error-type"];
  if (errorType === undefined) return answer.end();
  const error = Buffer.from(request.trailers["lambda-runtime-function-error-body"] ?? "", "base64");
  return answer.end(error.length > 0 ? error.subarray(0, maxResponseBytes) : Buffer.from(JSON.stringify({ errorType })));
}

function brokenAnswer(errorType: string, requestId: string, message: string): RuntimeAnswer {
  return { kind: "error", payload: Buffer.from(JSON.stringify({ errorType, errorMessage: `RequestId: ${requestId} Error: ${message}` })) };
}

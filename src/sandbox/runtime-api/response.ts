import type { IncomingMessage } from "node:http";
import { maxResponseBytes, type RuntimeAnswer } from "../runtime-link.ts";
import { readBody, type Body } from "./body.ts";
import { isForCurrent, moveOrRefuse, type Endpoint } from "./exchange.ts";
import { accept, refuse, refuseTooLarge } from "./replies.ts";

/** POST /2018-06-01/runtime/invocation/{id}/response: the answer of the function, whole or streamed with an error in the trailers. */
export const response: Endpoint = async (exchange, request, reply, requestId) => {
  if (!isForCurrent(exchange, request, reply, requestId)) return;
  if (!moveOrRefuse(exchange, "InvocationResponse", reply)) return;
  const mode = request.headers["lambda-runtime-function-response-mode"];
  const isStreamed = mode === "streaming";
  const body = mode === undefined || isStreamed ? await readBody(request) : undefined;
  exchange.states.tryMove("RuntimeResponseSent");
  if (body === undefined) {
    exchange.listener.answered(brokenAnswer("Runtime.InvalidResponseModeHeader", requestId, "Invalid function response mode"));
    refuse(reply, 400, "InvalidFunctionResponseMode", "Invalid function response mode");
  } else {
    exchange.listener.answered(answerOf(request, body, isStreamed, requestId));
    if (body.kind === "tooLarge") refuseTooLarge(reply);
    else if (body.kind === "truncated") refuse(reply, 400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
    else accept(reply);
  }
};

function answerOf(request: IncomingMessage, body: Body, isStreamed: boolean, requestId: string): RuntimeAnswer {
  if (body.kind === "tooLarge") return body;
  if (body.kind === "truncated") return brokenAnswer("Runtime.TruncatedResponse", requestId, "The response of the runtime was truncated");
  if (!isStreamed) return { kind: "response", payload: body.bytes };
  const errorType = request.trailers["lambda-runtime-function-error-type"];
  if (errorType === undefined) {
    const contentType = request.headers["content-type"];
    return { kind: "response", payload: body.bytes, ...(contentType === undefined ? {} : { contentType }) };
  }
  const error = Buffer.from(request.trailers["lambda-runtime-function-error-body"] ?? "", "base64");
  return { kind: "error", payload: error.length > 0 ? error.subarray(0, maxResponseBytes) : Buffer.from(JSON.stringify({ errorType })) };
}

function brokenAnswer(errorType: string, requestId: string, message: string): RuntimeAnswer {
  return { kind: "error", payload: Buffer.from(JSON.stringify({ errorType, errorMessage: `RequestId: ${requestId} Error: ${message}` })) };
}

import { readBody } from "./body.ts";
import { errorPayload } from "./error-payload.ts";
import { isForCurrent, moveOrRefuse, type Endpoint } from "./exchange.ts";
import { accept, refuseTooLarge } from "./replies.ts";

/** POST /2018-06-01/runtime/invocation/{id}/error: the body becomes the payload that the caller gets. */
export const error: Endpoint = async (exchange, request, reply, requestId) => {
  if (!isForCurrent(exchange, request, reply, requestId)) return;
  if (!moveOrRefuse(exchange, "InvocationErrorResponse", reply)) return;
  const body = await readBody(request);
  exchange.states.tryMove("RuntimeResponseSent");
  exchange.listener.answered(body.kind === "tooLarge" ? body : { kind: "error", payload: errorPayload(request, body) });
  if (body.kind === "tooLarge") refuseTooLarge(reply);
  else accept(reply);
};

import { readBody } from "./body.ts";
import { errorPayload } from "./error-payload.ts";
import { moveOrRefuse, type Endpoint } from "./exchange.ts";
import { accept, refuseTooLarge } from "./replies.ts";

/** POST /2018-06-01/runtime/init/error: initialisation failed, and the runtime exits. */
export const initError: Endpoint = async (exchange, request, reply) => {
  if (!moveOrRefuse(exchange, "InitError", reply)) return;
  const body = await readBody(request);
  const payload = errorPayload(request, body);
  if (body.kind === "tooLarge") refuseTooLarge(reply);
  else accept(reply);
  // The listener ends the process, which would take the acknowledgement with it.
  reply.once("close", () => exchange.listener.initFailed(payload));
};

import { readBody } from "./body.ts";
import { errorPayload } from "./error-payload.ts";
import { moveOrRefuse, park, type Endpoint, type Exchange } from "./exchange.ts";
import { accept, refuseTooLarge, refuseTransition } from "./replies.ts";

/**
 * GET /2018-06-01/runtime/restore/next: in the place of the first `next`. The function is initialised, its hooks before the snapshot have run, and the
 * runtime waits until it goes on from there. https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-custom.html
 */
export const restoreNext: Endpoint = (exchange, _, response) => {
  const from = exchange.states.state;
  if (!exchange.isSnapped) return refuseTransition(response, from, "RestoreReady");
  if (from === "Restoring") return void response.writeHead(200).end();
  if (!moveOrRefuse(exchange, "RestoreReady", response)) return;
  park(exchange, response);
  if (from === "Started") exchange.listener.ready();
};

/** Lets the runtime go on. False if it is not waiting for that. */
export function deliverRestore(exchange: Exchange): boolean {
  if (!exchange.states.tryMove("Restoring")) return false;
  exchange.waiting?.writeHead(200).end();
  exchange.waiting = undefined;
  return true;
}

/** POST /2018-06-01/runtime/restore/error: a hook after the restore failed, and the runtime exits. */
export const restoreError: Endpoint = async (exchange, request, reply) => {
  if (!moveOrRefuse(exchange, "RestoreError", reply)) return;
  const body = await readBody(request);
  const payload = errorPayload(request, body);
  if (body.kind === "tooLarge") refuseTooLarge(reply);
  else accept(reply);
  // The listener ends the process, which would take the acknowledgement with it.
  reply.once("close", () => exchange.listener.restoreFailed(payload));
};

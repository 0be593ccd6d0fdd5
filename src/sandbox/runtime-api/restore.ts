import type { Endpoint } from "./exchange.ts";
import { refuseTransition } from "./replies.ts";

/** GET /2018-06-01/runtime/restore/next: only functions with SnapStart are ever restored. */
export const restoreNext: Endpoint = (exchange, _, response) => {
  refuseTransition(response, exchange.states.state, "RestoreReady");
};

/** POST /2018-06-01/runtime/restore/error */
export const restoreError: Endpoint = (exchange, _, response) => {
  refuseTransition(response, exchange.states.state, "RestoreError");
};

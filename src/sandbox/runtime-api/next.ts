import type { ServerResponse } from "node:http";
import { moveOrRefuse, park, type CurrentInvocation, type Endpoint, type Exchange } from "./exchange.ts";

/** GET /2018-06-01/runtime/invocation/next: waits, for as long as it takes, for an invocation. The first call ends initialisation. */
export const next: Endpoint = async (exchange, _, response) => {
  // AWS's client for Node.js asks before the last of a broken stream has left it.
  await exchange.answering;
  if (response.destroyed) return;
  const from = exchange.states.state;
  if (from === "Running") return sendInvocation(response, exchange.current as CurrentInvocation);
  if (!moveOrRefuse(exchange, "Ready", response)) return;
  park(exchange, response);
  if (from === "Started") exchange.listener.ready();
  else if (from === "Restoring") exchange.listener.restored();
  else if (from === "Ready") deliver(exchange);
  else {
    exchange.current = undefined;
    exchange.listener.done();
  }
};

/** Sends the current invocation if the runtime asks for one and has not got it yet. */
export function deliver(exchange: Exchange): void {
  const { current, waiting } = exchange;
  if (!waiting || !current || !exchange.states.tryMove("Running")) return;
  exchange.waiting = undefined;
  sendInvocation(waiting, current);
}

function sendInvocation(response: ServerResponse, { request, deadlineMs, invocationId }: CurrentInvocation): void {
  const optional: Record<string, string | undefined> = {
    "Lambda-Runtime-Client-Context": request.clientContext,
    "Lambda-Runtime-Cognito-Identity": request.cognitoIdentity,
    "Lambda-Runtime-Aws-Tenant-Id": request.tenantId,
  };
  for (const [name, value] of Object.entries(optional)) if (value) response.setHeader(name, headerText(value));
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Content-Length": request.payload.length,
    "Lambda-Runtime-Aws-Request-Id": request.requestId,
    "Lambda-Runtime-Deadline-Ms": deadlineMs,
    "Lambda-Runtime-Invoked-Function-Arn": request.invokedFunctionArn,
    "Lambda-Runtime-Trace-Id": headerText(request.traceId),
    "Lambda-Runtime-Invocation-Id": invocationId,
  });
  response.end(request.payload);
}

/** UTF-8 in a header, as AWS sends it; what cannot stand in a header becomes a space. */
function headerText(value: string): string {
  return Buffer.from(value)
    .toString("latin1")
    .replace(/[^ -~\x80-\xff]/g, " ");
}

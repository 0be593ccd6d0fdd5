import type { IncomingMessage, ServerResponse } from "node:http";
import type { InvocationRequest } from "../contract.ts";
import type { ExtensionHost } from "../extensions/extension-host.ts";
import type { RuntimeListener } from "../runtime-link.ts";
import { refuse, refuseTransition } from "./replies.ts";
import type { RuntimeState, RuntimeStateMachine } from "./states.ts";

/** What the endpoints share: one runtime's conversation with us. */
export interface Exchange {
  states: RuntimeStateMachine;
  listener: RuntimeListener;
  extensions: ExtensionHost;
  /** From `invoke` until the runtime asks for the next one. */
  current: CurrentInvocation | undefined;
  /** Settles, without a fault, when the answer that is coming in has been taken. */
  answering: Promise<void> | undefined;
  /** Whether the function has SnapStart. */
  isSnapped: boolean;
  /** The parked answer to a `next` that came before an invocation, or before the restore. */
  waiting: ServerResponse | undefined;
}

export interface CurrentInvocation {
  request: InvocationRequest;
  deadlineMs: number;
  /** Unique per attempt. */
  invocationId: string;
}

/** One endpoint. `requestId` is that of the path, where the path has one. */
export type Endpoint = (exchange: Exchange, request: IncomingMessage, response: ServerResponse, requestId: string) => void | Promise<void>;

/** Moves on, or answers 403. */
export function moveOrRefuse(exchange: Exchange, next: RuntimeState, response: ServerResponse): boolean {
  const from = exchange.states.state;
  const hasMoved = exchange.states.tryMove(next);
  if (!hasMoved) refuseTransition(response, from, next);
  return hasMoved;
}

/** Lets the runtime wait for its answer. */
export function park(exchange: Exchange, response: ServerResponse): void {
  // Of two that wait, the later is the runtime's and the earlier one that it gave up.
  exchange.waiting?.destroy();
  exchange.waiting = response;
  response.once("close", () => {
    if (exchange.waiting === response) exchange.waiting = undefined;
  });
}

/** Whether a response or an error is for the current invocation; answers 400 if not. */
export function isForCurrent(exchange: Exchange, request: IncomingMessage, response: ServerResponse, requestId: string): boolean {
  const { current } = exchange;
  if (current?.request.requestId !== requestId) {
    refuse(response, 400, "InvalidRequestID", "Invalid request ID");
    return false;
  }
  const invocationId = request.headers["lambda-runtime-invocation-id"];
  if (invocationId !== undefined && invocationId !== current.invocationId) {
    refuse(response, 400, "InvalidInvocationId", "Invalid invocation ID");
    return false;
  }
  return true;
}

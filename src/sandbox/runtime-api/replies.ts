import type { ServerResponse } from "node:http";
import { maxResponseBytes } from "../runtime-link.ts";
import type { RuntimeState } from "./states.ts";

/** The answers of the Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export function accept(response: ServerResponse): void {
  reply(response, 202, { status: "OK" });
}

export function refuse(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  reply(response, status, { errorMessage, errorType });
}

export function refuseTransition(response: ServerResponse, from: RuntimeState, to: RuntimeState): void {
  const message = `State transition from ${from} to ${to} failed for runtime. Error: State transition is not allowed`;
  refuse(response, 403, "InvalidStateTransition", message);
}

export function refuseTooLarge(response: ServerResponse, limitBytes = maxResponseBytes): void {
  refuse(response, 413, "RequestEntityTooLarge", `Exceeded maximum allowed payload size (${limitBytes} bytes).`);
}

export function reply(response: ServerResponse, status: number, body: Readonly<Record<string, string>> | string): void {
  if (response.destroyed) return;
  const json = JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(json) }).end(json);
}

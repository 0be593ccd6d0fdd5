import type { IncomingMessage, ServerResponse } from "node:http";
import type { Extension } from "../extensions/extension.ts";
import { ExtensionRefused } from "../extensions/registry.ts";
import { readBody } from "./body.ts";
import type { Endpoint, Exchange } from "./exchange.ts";
import { accept, refuse, reply as send } from "./replies.ts";

const idHeader = "lambda-extension-identifier";
/** Ours: what extensions ask for takes a few lines. */
export const maxRequestBytes = 64 * 1024;

const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** POST /2020-01-01/extension/register: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html */
export const registerExtension: Endpoint = async ({ extensions }, request, reply) => {
  const name = headerOf(request, "lambda-extension-name");
  const body = await readBody(request, maxRequestBytes);
  answering(reply, () => {
    if (name === "") throw new ExtensionRefused("Extension.InvalidExtensionName", "Empty extension name");
    const events = parseEvents(body.kind === "whole" ? body.bytes.toString() : "");
    const extension = extensions.registry.register(name, events);
    const { accountId, ...identity } = extensions.identity;
    const features = headerOf(request, "lambda-extension-accept-feature").split(",");
    const hasAccount = features.some((feature) => feature.trim() === "accountId");
    reply.setHeader("Lambda-Extension-Identifier", extension.id);
    send(reply, 200, hasAccount ? { accountId, ...identity } : identity);
  });
};

/** GET /2020-01-01/extension/event/next: waits, for as long as it takes, for an event. */
export const nextEvent: Endpoint = ({ extensions }, request, reply) => {
  answering(reply, () => extensions.registry.park(callerOf(extensions, request), reply));
};

/** POST /2020-01-01/extension/init/error: the extension could not initialise, and exits. */
export const extensionInitError: Endpoint = (exchange, request, reply) => takeError(exchange, request, reply, "InitError");

/** POST /2020-01-01/extension/exit/error: the extension gave up, and exits. */
export const extensionExitError: Endpoint = (exchange, request, reply) => takeError(exchange, request, reply, "ExitError");

/** Who calls; throws `ExtensionRefused`. */
export function callerOf(extensions: Exchange["extensions"], request: IncomingMessage): Extension {
  const id = headerOf(request, idHeader);
  if (id === "") throw new ExtensionRefused("Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header");
  if (!idPattern.test(id)) throw new ExtensionRefused("Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier");
  return extensions.registry.find(id.toLowerCase());
}

/** Answers 403 to what the registry refuses. */
export function answering(reply: ServerResponse, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof ExtensionRefused)) throw error;
    refuse(reply, 403, error.type, error.message);
  }
}

async function takeError(
  { extensions }: Exchange,
  request: IncomingMessage,
  reply: ServerResponse,
  state: "InitError" | "ExitError",
): Promise<void> {
  await readBody(request, maxRequestBytes);
  answering(reply, () => {
    const extension = callerOf(extensions, request);
    const errorType = headerOf(request, "lambda-extension-function-error-type");
    if (errorType === "") throw new ExtensionRefused("Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found");
    extensions.registry.reportError(extension, state, errorType);
    accept(reply);
  });
}

/** With the complaints of the JSON library that AWS uses. */
function parseEvents(body: string): string[] {
  const refused = (message: string): ExtensionRefused => new ExtensionRefused("InvalidRequestFormat", message);
  if (body.trim() === "") throw refused("unexpected end of JSON input");
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw refused(`invalid character '${body.trim()[0]}' looking for beginning of value`);
  }
  if (parsed === null) return [];
  if (typeof parsed !== "object" || Array.isArray(parsed)) {
    throw refused(`json: cannot unmarshal ${Array.isArray(parsed) ? "array" : typeof parsed} into Go value`);
  }
  const { events = [], configurationKeys } = parsed as { events?: unknown; configurationKeys?: unknown };
  if (Array.isArray(configurationKeys) && configurationKeys.length > 0) {
    throw refused("configurationKeys are deprecated; use environment variables instead");
  }
  if (events === null) return [];
  if (!Array.isArray(events) || !events.every((event) => typeof event === "string")) {
    throw refused("json: cannot unmarshal into Go struct field .events of type []core.Event");
  }
  return events;
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

/**
 * From a connection to an answer: takes each request through the chain and writes what comes out. Nothing here knows a service by
 * name; nothing below here knows HTTP servers.
 */
import { constants, Http2ServerRequest } from "node:http2";
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import type { Ids } from "#kit/ids.ts";
import { AwsError } from "#wire/errors.ts";
import type { HttpResponse } from "#wire/http.ts";
import type { LoadedModel } from "#wire/model.ts";
import { chain, type Gateway } from "./chain.ts";
import { Exchange, type IncomingRequest, type OutgoingResponse } from "./exchange.ts";
import { likelyProtocolName, protocols } from "./identify.ts";
import { ClientGone } from "./request-body.ts";

const lingerMs = 500;

/** The request listener for both of HTTP's versions. */
export function requestListener(gateway: Gateway, ids: Ids): (incoming: IncomingRequest, outgoing: OutgoingResponse) => void {
  return (incoming, outgoing) => {
    const exchange = new Exchange(incoming, ids.uuid());
    outgoing.once("close", () => exchange.end());
    answer(exchange, outgoing, gateway).catch((error: unknown) => {
      if (!(error instanceof ClientGone)) gateway.log.error("an answer could not be sent", { error, path: exchange.request.path });
      incoming.destroy();
    });
  };
}

async function answer(exchange: Exchange, outgoing: OutgoingResponse, gateway: Gateway): Promise<void> {
  let response: HttpResponse;
  try {
    response = await passChain(exchange, gateway);
  } catch (error) {
    if (error instanceof ClientGone) throw error;
    response = describeError(exchange, error, gateway);
  }
  const { incoming } = exchange;
  const isUnread = !incoming.readableEnded && hasBody(exchange);
  // A body that nobody will read any more: an HTTP/1 connection cannot be used again, an HTTP/2 stream is told to stop.
  const lingers = isUnread && incoming.httpVersionMajor < 2;
  if (lingers) outgoing.setHeader("connection", "close");
  await send(exchange, outgoing, response, lingers);
  if (isUnread && incoming instanceof Http2ServerRequest) incoming.stream.close(constants.NGHTTP2_NO_ERROR);
}

async function passChain(exchange: Exchange, gateway: Gateway): Promise<HttpResponse> {
  for (const step of chain) {
    const result = step(exchange, gateway);
    const response = result instanceof Promise ? await result : result;
    if (response) return response;
  }
  throw new Error("the chain ended without an answer");
}

function hasBody({ incoming }: Exchange): boolean {
  if (incoming instanceof Http2ServerRequest) return !incoming.stream.endAfterHeaders;
  return Number(incoming.headers["content-length"] ?? 0) > 0 || incoming.headers["transfer-encoding"] !== undefined;
}

function describeError(exchange: Exchange, error: unknown, { log }: Gateway): HttpResponse {
  let known: AwsError;
  if (error instanceof AwsError) known = error;
  else {
    const operation = exchange.route?.operation.name ?? exchange.request.path;
    log.error(`${exchange.service?.definition.name ?? "gateway"}:${operation} failed`, { requestId: exchange.requestId, error });
    known = isDiskFull(error)
      ? diskFull
      : new AwsError("InternalFailure", `Internal error. The log of Pilotlight has more under request id ${exchange.requestId}.`);
  }
  const protocol = exchange.protocol ?? protocols[likelyProtocolName(exchange.request)];
  return protocol.writeError(exchange.service?.model ?? noModel, known, exchange.requestId);
}

/** SQLite's and the system's way to say it. */
const isDiskFull = (error: unknown): boolean =>
  /ENOSPC|disk is full/.test(error instanceof Error ? `${error.message} ${String(error.cause)}` : "");

const diskFull = new AwsError(
  "ServiceUnavailable",
  "The disk of Pilotlight's data folder is full. Make room there and try again; nothing has been changed.",
);

/** For requests that are refused before their service is known. */
const noModel: LoadedModel = {
  service: { sdk: async () => ({}), signingName: "", protocols: ["restJson1"], apiVersion: "", namespace: "", xmlNamespace: "" },
  operations: new Map(),
  errors: new Map(),
};

async function send(
  exchange: Exchange,
  outgoing: OutgoingResponse,
  { status, headers, body }: HttpResponse,
  lingers: boolean,
): Promise<void> {
  headers["x-amzn-requestid"] = exchange.requestId;
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    if (status !== 204) headers["content-length"] = String(body === undefined ? 0 : Buffer.byteLength(body));
    writeHead(outgoing, status, headers);
    if (lingers) {
      (outgoing as NodeJS.WritableStream).write(body ?? "");
      await discardRest(exchange.incoming);
    }
    outgoing.end(lingers ? "" : (body ?? ""));
    return;
  }
  writeHead(outgoing, status, headers);
  try {
    await pipeline(Readable.from(body), outgoing as NodeJS.WritableStream);
  } catch (error) {
    // The head is out, so the only way to tell the client is to break off; if it broke off itself there is nobody to tell.
    outgoing.destroy();
    if (!exchange.signal.aborted) throw error;
  }
}

/** Closing on a client that still sends would reset the connection, and the answer with it: for a moment we listen and forget. */
async function discardRest(incoming: IncomingRequest): Promise<void> {
  incoming.resume();
  await finished(incoming as Readable, { signal: AbortSignal.timeout(lingerMs), cleanup: true }).catch(() => {});
}

function writeHead(outgoing: OutgoingResponse, status: number, headers: Record<string, string>): void {
  // Same call on both, but their types do not overlap.
  (outgoing as { writeHead(status: number, headers: Record<string, string>): unknown }).writeHead(status, headers);
}

/**
 * From a connection to an answer: takes each request through the chain and writes what comes out. Nothing here knows a service by
 * name; nothing below here knows HTTP servers.
 */
import type { Ids } from "#kit/ids.ts";
import { AwsError } from "#wire/errors.ts";
import { BodyBroken, type HttpResponse } from "#wire/http.ts";
import type { LoadedModel } from "#wire/model.ts";
import { chain, entrance, type Gateway } from "./chain.ts";
import { Exchange } from "./exchange.ts";
import { likelyProtocolName, protocols } from "./identify.ts";
import { ClientGone, type Receive } from "./peer.ts";

/** What the listener does with each request. */
export function requestListener(gateway: Gateway, ids: Ids): Receive {
  return (head, peer) => {
    const exchange = new Exchange(head, peer, ids.uuid());
    answer(exchange, gateway).catch((error: unknown) => {
      if (!(error instanceof ClientGone || error instanceof BodyBroken))
        gateway.log.error("an answer could not be sent", { error, path: exchange.request.path });
      peer.breakOff();
    });
  };
}

async function answer(exchange: Exchange, gateway: Gateway): Promise<void> {
  let response: HttpResponse;
  try {
    response = await passChain(exchange, gateway);
  } catch (error) {
    if (error instanceof ClientGone) throw error;
    response = describeError(exchange, error, gateway);
  }
  response.headers["x-amzn-requestid"] = exchange.requestId;
  const sending = exchange.peer.send(response);
  if (sending) await sending;
}

async function passChain(exchange: Exchange, gateway: Gateway): Promise<HttpResponse> {
  const way = exchange.kind?.way;
  if (way) {
    exchange.service = way.service;
    exchange.protocol = way.protocol;
  }
  for (const steps of way ? familiar : unfamiliar) {
    for (const step of steps) {
      const result = step(exchange, gateway);
      const response = result instanceof Promise ? await result : result;
      if (response) return response;
    }
  }
  throw new Error("the chain ended without an answer");
}

const familiar = [chain];
const unfamiliar = [entrance, chain];

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

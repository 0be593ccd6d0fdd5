/**
 * A request's life, as one list. Each step may answer (then the rest is skipped), throw an error of AWS's kind, or note on the
 * exchange what later steps need. In-process calls enter at the last step, in the dispatcher.
 */
import { type Eventual, whenKnown } from "#kit/eventual.ts";
import type { Log } from "#kit/log.ts";
import type { Dispatcher } from "#wire/dispatcher.ts";
import { AwsError } from "#wire/errors.ts";
import type { HttpResponse } from "#wire/http.ts";
import type { ServiceHost } from "#wire/service-host.ts";
import type { Door } from "#wire/service.ts";
import { type Admission, authenticate, refuseStrangers } from "./authenticate.ts";
import { isForeignPage } from "./browsers.ts";
import { type Exchange, ExchangeContext } from "./exchange.ts";
import { identifyProtocol, identifyService } from "./identify.ts";
import { isOwnHost, type OwnHosts } from "./virtual-hosts.ts";
import { DoorVisit } from "./visit.ts";

export interface Gateway extends Admission {
  log: Log;
  dispatcher: Dispatcher;
  hosts: readonly ServiceHost[];
  ownHosts: OwnHosts;
  doors: () => Promise<readonly Door[]>;
  health: () => object;
}

type Step = (exchange: Exchange, gateway: Gateway) => Eventual<HttpResponse | undefined | void>;

/** What these find out is the same for all requests of a kind, so that only the first of them passes here. */
export const entrance: readonly Step[] = [enterByHost, refuseForeignHosts, refuseForeignPages, answerHealth, enterDoor, findService];

export const chain: readonly Step[] = [refuseStrangers, readRequestBody, authenticate, findOperation, runOperation];

/** Before foreign pages are refused: what answers under a host of its own decides itself which pages may read it. */
function enterByHost(exchange: Exchange, gateway: Gateway): Eventual<HttpResponse | undefined> {
  const host = gateway.hosts.find(({ definition }) => definition.doorHosts?.test(exchange.host));
  if (host === undefined) return undefined;
  return whenKnown(host.load(), ({ doors }) => doors[0]!.handle(exchange.request, new DoorVisit(exchange, gateway)));
}

function refuseForeignHosts({ host }: Exchange, { ownHosts }: Gateway): void {
  if (isOwnHost(host, ownHosts)) return;
  throw new AwsError(
    "AccessDenied",
    `This address is not served under the name "${host}". Use localhost, or start with --host and root keys of your own.`,
  );
}

function refuseForeignPages({ request, host }: Exchange): void {
  if (isForeignPage(request, host)) throw new AwsError("AccessDenied", "Requests from pages of other sites are refused.");
}

function answerHealth({ request }: Exchange, { health }: Gateway): HttpResponse | undefined {
  if (request.path !== "/_pilotlight/health") return undefined;
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(health()) };
}

function enterDoor(exchange: Exchange, gateway: Gateway): Eventual<HttpResponse | undefined> {
  return exchange.request.path.startsWith("/_pilotlight/") ? passDoor(exchange, gateway) : undefined;
}

async function passDoor(exchange: Exchange, gateway: Gateway): Promise<HttpResponse> {
  const { request } = exchange;
  const door = (await gateway.doors()).find(({ pathPrefix }) => request.path.startsWith(pathPrefix));
  return door
    ? door.handle(request, new DoorVisit(exchange, gateway))
    : { status: 404, headers: { "content-type": "text/plain" }, body: "Not found\n" };
}

function findService(exchange: Exchange, { hosts }: Gateway): Eventual<void> {
  const host = identifyService(hosts, exchange.request);
  exchange.protocol = identifyProtocol(host.definition.model, exchange.request);
  return whenKnown(host.load(), (service) => {
    exchange.service = service;
    if (exchange.kind) exchange.kind.way = { service, protocol: exchange.protocol! };
  });
}

const defaultMaximumBodyBytes = 10 * 1024 * 1024;

function readRequestBody(exchange: Exchange): Eventual<void> {
  const limitBytes = exchange.service!.definition.model.maximumBodyBytes ?? defaultMaximumBodyBytes;
  const body = exchange.peer.readBody(limitBytes, () => tooLarge(exchange, limitBytes));
  return whenKnown(body, (whole) => {
    exchange.request.body = whole;
  });
}

function findOperation(exchange: Exchange): void {
  const { protocol, service, request, kind } = exchange;
  exchange.route = kind?.way?.route ?? protocol!.route(service!.model, request);
  if (kind?.way && protocol!.routesByHead) kind.way.route = exchange.route;
}

async function runOperation(exchange: Exchange, { dispatcher }: Gateway): Promise<HttpResponse> {
  const { service, protocol, route, request, requestId } = exchange;
  const input = protocol!.read(route!, request);
  const output = await dispatcher.run(service!, input, new ExchangeContext(exchange));
  return protocol!.writeOutput(service!.model, route!.operation, output, requestId);
}

/** Lambda's recorded text; the operation is named where it is known by then. */
function tooLarge({ service, protocol, request }: Exchange, limitBytes: number): AwsError {
  let suffix = "";
  try {
    suffix = ` for the ${protocol!.route(service!.model, request).operation.name} operation`;
  } catch {
    // An unknown operation's body is too large all the same.
  }
  return new AwsError("RequestEntityTooLargeException", `Request must be smaller than ${limitBytes} bytes${suffix}`);
}

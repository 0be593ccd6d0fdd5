/**
 * A request's life, as one list. Each step may answer (then the rest is skipped), throw an error of AWS's kind, or note on the
 * exchange what later steps need. In-process calls enter at the last step, in the dispatcher.
 */
import type { Log } from "#kit/log.ts";
import type { Dispatcher } from "#wire/dispatcher.ts";
import { AwsError } from "#wire/errors.ts";
import type { HttpResponse } from "#wire/http.ts";
import type { ServiceHost } from "#wire/service-host.ts";
import type { Door } from "#wire/service.ts";
import { type Admission, authenticate } from "./authenticate.ts";
import { isForeignPage } from "./browsers.ts";
import type { Exchange } from "./exchange.ts";
import { identifyProtocol, identifyService } from "./identify.ts";
import { readBody } from "./request-body.ts";
import { isOwnHost, type OwnHosts } from "./virtual-hosts.ts";

export interface Gateway extends Admission {
  log: Log;
  dispatcher: Dispatcher;
  hosts: readonly ServiceHost[];
  ownHosts: OwnHosts;
  doors: () => Promise<readonly Door[]>;
  health: () => object;
}

type Step = (exchange: Exchange, gateway: Gateway) => HttpResponse | undefined | void | Promise<HttpResponse | undefined | void>;

export const chain: readonly Step[] = [
  refuseForeignHosts,
  refuseForeignPages,
  answerHealth,
  enterDoor,
  findService,
  readRequestBody,
  authenticate,
  findOperation,
  runOperation,
];

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

async function enterDoor(exchange: Exchange, { doors }: Gateway): Promise<HttpResponse | undefined> {
  const { request } = exchange;
  if (!request.path.startsWith("/_pilotlight/")) return undefined;
  const door = (await doors()).find(({ pathPrefix }) => request.path.startsWith(pathPrefix));
  return door ? door.handle(request) : { status: 404, headers: { "content-type": "text/plain" }, body: "Not found\n" };
}

async function findService(exchange: Exchange, { hosts }: Gateway): Promise<void> {
  const host = identifyService(hosts, exchange.request);
  exchange.protocol = identifyProtocol(host.definition.model, exchange.request);
  exchange.service = await host.load();
}

const defaultMaximumBodyBytes = 10 * 1024 * 1024;

async function readRequestBody(exchange: Exchange): Promise<void> {
  const limitBytes = exchange.service!.definition.model.maximumBodyBytes ?? defaultMaximumBodyBytes;
  exchange.request.body = await readBody(exchange.incoming, limitBytes, () => tooLarge(exchange, limitBytes));
}

function findOperation(exchange: Exchange): void {
  exchange.route = exchange.protocol!.route(exchange.service!.model, exchange.request);
}

async function runOperation(exchange: Exchange, { dispatcher }: Gateway): Promise<HttpResponse> {
  const { service, protocol, route, request, requestId } = exchange;
  const { operation } = route!;
  const input = protocol!.read(route!, request);
  const output = await dispatcher.run(service!, input, {
    service: service!.definition.name,
    operation: operation.name,
    requestId,
    accountId: exchange.principal!.accountId,
    region: exchange.region!,
    principal: exchange.principal!,
    endpoint: `http://${exchange.host}`,
    get signal() {
      return exchange.signal;
    },
  });
  return protocol!.writeOutput(service!.model, operation, output, requestId);
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

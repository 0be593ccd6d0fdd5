import type { HttpRequest } from "#wire/http.ts";
import type { Protocol, Route } from "#wire/protocols/protocol.ts";
import type { LoadedService } from "#wire/service-host.ts";
import type { RequestContext } from "#wire/operation.ts";
import type { Principal } from "#wire/principal.ts";
import type { Peer, RequestHead, RequestKind } from "./peer.ts";

/** Where a request goes, as far as that follows from its head without its signature. */
export interface Way {
  service: LoadedService;
  protocol: Protocol;
  /** Absent where the body decides, or nobody has asked yet. */
  route?: Route;
}

/** One request on its way through the chain; each step fills in what it finds out. */
export class Exchange {
  readonly peer: Peer;
  readonly requestId: string;
  /** The body is empty until the chain has read it. */
  readonly request: HttpRequest & { body: Buffer };
  /** Host header or `:authority`, lower-case, with the port. */
  readonly host: string;
  /** `1.1`, `2.0` */
  readonly httpVersion: string;
  service?: LoadedService;
  protocol?: Protocol;
  /** From the signature's scope. */
  region?: string;
  principal?: Principal;
  route?: Route;
  /** What is known of all requests of its kind. */
  readonly kind: RequestKind | undefined;
  #abort: AbortController | undefined;

  constructor({ method, target, headers, httpVersion, kind }: RequestHead, peer: Peer, requestId: string) {
    const question = target.indexOf("?");
    this.peer = peer;
    this.requestId = requestId;
    this.httpVersion = httpVersion;
    this.request = {
      method,
      path: question < 0 ? target : target.slice(0, question),
      query: question < 0 ? "" : target.slice(question + 1),
      headers,
      body: emptyBody,
    };
    this.host = (headers.host ?? "").toLowerCase();
    this.kind = kind;
  }

  /** Aborted when the client goes away or has its answer. Made when somebody asks for it: most requests end before anybody does. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      this.peer.onceOver(() => abort.abort());
    }
    return this.#abort.signal;
  }
}

/** What the operation's handler is told of the request. */
export class ExchangeContext implements RequestContext {
  readonly state: unknown;
  readonly service: string;
  readonly operation: string;
  readonly requestId: string;
  readonly accountId: string;
  readonly region: string;
  readonly principal: Principal;
  readonly endpoint: string;
  readonly traceHeader: string | undefined;
  readonly #exchange: Exchange;

  /** Of an exchange that has come so far that all of this is known. */
  constructor(exchange: Exchange) {
    const { service, route, principal, peer, host, request } = exchange;
    this.state = service!.state;
    this.service = service!.definition.name;
    this.operation = route!.operation.name;
    this.requestId = exchange.requestId;
    this.accountId = principal!.accountId;
    this.region = exchange.region!;
    this.principal = principal!;
    this.endpoint = `${peer.isSecure ? "https" : "http"}://${host}`;
    this.traceHeader = request.headers["x-amzn-trace-id"];
    this.#exchange = exchange;
  }

  get signal(): AbortSignal {
    return this.#exchange.signal;
  }
}

const emptyBody = Buffer.alloc(0);

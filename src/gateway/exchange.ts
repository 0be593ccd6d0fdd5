import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { HttpRequest } from "#wire/http.ts";
import type { Protocol, Route } from "#wire/protocols/protocol.ts";
import type { LoadedService } from "#wire/service-host.ts";
import type { Principal } from "#wire/principal.ts";

export type IncomingRequest = IncomingMessage | Http2ServerRequest;
export type OutgoingResponse = ServerResponse | Http2ServerResponse;

/** One request on its way through the chain; each step fills in what it finds out. */
export class Exchange {
  readonly incoming: IncomingRequest;
  readonly requestId: string;
  /** The body is empty until the chain has read it. */
  readonly request: HttpRequest & { body: Buffer };
  /** Host header or `:authority`, lower-case, with the port. */
  readonly host: string;
  service?: LoadedService;
  protocol?: Protocol;
  /** From the signature's scope. */
  region?: string;
  principal?: Principal;
  route?: Route;
  #abort: AbortController | undefined;
  #hasEnded = false;

  constructor(incoming: IncomingRequest, requestId: string) {
    const { method = "GET", url = "/" } = incoming;
    const question = url.indexOf("?");
    this.incoming = incoming;
    this.requestId = requestId;
    this.request = {
      method,
      path: question < 0 ? url : url.slice(0, question),
      query: question < 0 ? "" : url.slice(question + 1),
      headers: plainHeaders(incoming),
      body: emptyBody,
    };
    this.host = (this.request.headers.host ?? "").toLowerCase();
  }

  /** Made when somebody asks for it: most requests end before anybody does. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#hasEnded) this.#abort.abort();
    return this.#abort.signal;
  }

  /** The client went away, or has its answer. */
  end(): void {
    this.#hasEnded = true;
    this.#abort?.abort();
  }
}

const emptyBody = Buffer.alloc(0);

/** Node has them with lower-case names, repeated ones joined already (all but Set-Cookie, which no request has). */
function plainHeaders({ headers }: IncomingRequest): Record<string, string | undefined> {
  const authority = headers[":authority"];
  return (authority === undefined ? headers : { ...headers, host: headers.host ?? authority }) as Record<string, string | undefined>;
}

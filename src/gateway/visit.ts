import { hash } from "node:crypto";
import { type Eventual, whenKnown } from "#kit/eventual.ts";
import type { AuthorizationRequest } from "#wire/auth/ports.ts";
import { verifyRequest } from "#wire/auth/sigv4.ts";
import type { AwsError } from "#wire/errors.ts";
import type { Visit, Visitor } from "#wire/service.ts";
import type { Gateway } from "./chain.ts";
import type { Exchange } from "./exchange.ts";

/** A request as a door sees it. */
export class DoorVisit implements Visit {
  readonly #exchange: Exchange;
  readonly #gateway: Gateway;

  constructor(exchange: Exchange, gateway: Gateway) {
    this.#exchange = exchange;
    this.#gateway = gateway;
  }

  get requestId(): string {
    return this.#exchange.requestId;
  }

  get host(): string {
    return this.#exchange.host;
  }

  get isSecure(): boolean {
    return this.#exchange.peer.isSecure;
  }

  get protocol(): string {
    return `HTTP/${this.#exchange.httpVersion}`;
  }

  get sourceIp(): string {
    // An IPv4 client of a port that listens on IPv6.
    return this.#exchange.peer.address.replace(/^::ffff:(?=[\d.]+$)/, "");
  }

  get signal(): AbortSignal {
    return this.#exchange.signal;
  }

  readBody(limitBytes: number, tooLarge: () => AwsError): Eventual<Buffer> {
    return this.#exchange.peer.readBody(limitBytes, tooLarge);
  }

  identify(signingName: string, body: Buffer): Eventual<Visitor | undefined> {
    const { clock, credentials, keys } = this.#gateway;
    const { method, path, query, headers } = this.#exchange.request;
    const signed = { method, path, query, headers, bodySha256: () => hash("sha256", body, "hex") };
    return whenKnown(verifyRequest(signed, { credentials, keys, clock, protocol: "restJson1", signingName }), (verified) =>
      verified.kind === "anonymous" ? undefined : verified,
    );
  }

  authorize(request: AuthorizationRequest): Eventual<void> {
    return this.#gateway.dispatcher.authorize(request);
  }
}

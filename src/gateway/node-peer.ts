import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { constants, Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import type { TLSSocket } from "node:tls";
import type { AwsError } from "#wire/errors.ts";
import type { HttpResponse } from "#wire/http.ts";
import type { Peer, RequestHead } from "./peer.ts";
import { readBody } from "./request-body.ts";
import { targetOf } from "./request-target.ts";

export type IncomingRequest = IncomingMessage | Http2ServerRequest;
export type OutgoingResponse = ServerResponse | Http2ServerResponse;

const lingerMs = 500;

/** The other end of a request that one of Node's servers has read, HTTP/1.1 or HTTP/2. */
export class NodePeer implements Peer {
  readonly isSecure: boolean;
  readonly #incoming: IncomingRequest;
  readonly #outgoing: OutgoingResponse;

  constructor(incoming: IncomingRequest, outgoing: OutgoingResponse) {
    this.isSecure = (incoming.socket as Partial<TLSSocket>).encrypted === true;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  get isBodyHere(): boolean {
    return !hasBody(this.#incoming);
  }

  get address(): string {
    return this.#incoming.socket.remoteAddress ?? "";
  }

  /** Undefined if nobody could tell whom the request is for. */
  get head(): RequestHead | undefined {
    const { method = "GET", url = "/", headers, rawHeaders, httpVersion } = this.#incoming;
    const found = targetOf(url, headers, rawHeaders);
    return found && { method, target: found.target, headers: plainHeaders(headers, found.host), httpVersion };
  }

  readBody(limitBytes: number, tooLarge: () => AwsError): Promise<Buffer> {
    return readBody(this.#incoming, limitBytes, tooLarge);
  }

  async send({ status, headers, cookies, body }: HttpResponse): Promise<void> {
    const incoming = this.#incoming;
    const outgoing = this.#outgoing;
    const isUnread = !incoming.readableEnded && hasBody(incoming);
    // A body that nobody will read any more: an HTTP/1 connection cannot be used again, an HTTP/2 stream is told to stop.
    const lingers = isUnread && incoming.httpVersionMajor < 2;
    if (lingers) outgoing.setHeader("connection", "close");
    if (cookies !== undefined && cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
    if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
      if (status !== 204) headers["content-length"] = String(body === undefined ? 0 : Buffer.byteLength(body));
      writeHead(outgoing, status, headers);
      if (lingers) {
        (outgoing as NodeJS.WritableStream).write(body ?? "");
        await discardRest(incoming);
      }
      outgoing.end(lingers ? "" : (body ?? ""));
    } else {
      writeHead(outgoing, status, headers);
      // The first bytes may be long in coming.
      if ("flushHeaders" in outgoing) outgoing.flushHeaders();
      await this.#stream(body);
    }
    if (isUnread && incoming instanceof Http2ServerRequest) incoming.stream.close(constants.NGHTTP2_NO_ERROR);
  }

  onceOver(action: () => void): void {
    if (this.#outgoing.destroyed) action();
    else this.#outgoing.once("close", action);
  }

  breakOff(): void {
    this.#incoming.destroy();
  }

  async #stream(body: AsyncIterable<Uint8Array>): Promise<void> {
    let isGone = false;
    this.onceOver(() => (isGone = true));
    try {
      await pipeline(Readable.from(body), this.#outgoing as NodeJS.WritableStream);
    } catch (error) {
      // The head is out, so the only way to tell the client is to break off; if it broke off itself there is nobody to tell.
      this.#outgoing.destroy();
      if (!isGone) throw error;
    }
  }
}

/** Node has them with lower-case names, repeated ones joined already (all but Set-Cookie, which no request has). */
function plainHeaders(headers: IncomingHttpHeaders, host: string | undefined): Record<string, string | undefined> {
  const known = headers as Record<string, string | undefined>;
  if (headers.host === host && known[":method"] === undefined) return known;
  // Of HTTP/2 they begin with the parts of the first line, each with a colon before its name.
  const sent = Object.entries(known).filter(([name]) => !name.startsWith(":"));
  return { ...Object.fromEntries(sent), host };
}

function hasBody(incoming: IncomingRequest): boolean {
  if (incoming instanceof Http2ServerRequest) return !incoming.stream.endAfterHeaders;
  return Number(incoming.headers["content-length"] ?? 0) > 0 || incoming.headers["transfer-encoding"] !== undefined;
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

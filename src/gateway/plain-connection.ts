/**
 * HTTP/1.1 in the form that clients of AWS send: one whole request after the other, with a body of known length. Reading and answering
 * it here takes less than half of what it takes node:http. Everything else (chunks, upgrades, expectations, large bodies, slow senders, pipelines,
 * whatever is odd) is handed to node:http from its first byte on, which has the last word on what HTTP is; the connection stays there.
 */
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { onArrival } from "#kit/arrivals.ts";
import { STATUS_CODES } from "#kit/node-http.ts";
import type { AwsError } from "#wire/errors.ts";
import type { HttpResponse } from "#wire/http.ts";
import type { HeadPattern } from "./head-pattern.ts";
import type { Peer, Receive } from "./peer.ts";
import { maximumPlainBytes, readPlainRequest } from "./plain-request.ts";

/** Who types slowly is served by node:http. */
const maximumPieces = 4;
/** Up to here head and body are copied together, so that one buffer is written: cheaper than two. */
const copiedBodyBytes = 64 * 1024;

/** What a connection needs of its listener. */
export interface PlainHost {
  readonly receive: Receive;
  /** Answers are the last ones of their connections. */
  readonly isStopping: boolean;
  /** How many checks a connection may be idle. */
  readonly idleChecks: number;
  /** The end of every answer's head: the date, and how long the connection is good for. */
  lastLines(): string;
  onBegun(): void;
  onOver(): void;
  onClosed(connection: PlainConnection): void;
  /** Gives the connection to node:http, which shall read `received` first. */
  handOver(connection: PlainConnection, socket: Socket, received: Buffer): void;
}

const nothing = Buffer.alloc(0);

export class PlainConnection {
  readonly #socket: Socket;
  readonly #host: PlainHost;
  /** Of a request that is not whole yet, or that came before its predecessor was answered. */
  #received: Buffer = nothing;
  #pieceCount = 0;
  #patterns: HeadPattern[] = [];
  #current: PlainPeer | undefined;
  #quietChecks = 0;
  readonly #stopTaking: () => void;
  readonly #onClose = (): void => this.#close();

  constructor(socket: Socket, host: PlainHost) {
    this.#socket = socket;
    this.#host = host;
    this.#stopTaking = onArrival(socket, (chunk) => this.take(chunk));
    socket.once("close", this.#onClose);
  }

  /** Called every few seconds: who is in the middle of a request goes to node:http and its time limits, who is idle for long goes. */
  check(): void {
    if (this.#current !== undefined) return;
    this.#quietChecks++;
    // Thousands of connections may be idle, and what is remembered for them would add up.
    this.#patterns = [];
    if (this.#received.length > 0 && this.#quietChecks > 1) this.#handOver();
    else if (this.#quietChecks > this.#host.idleChecks) this.#socket.destroy();
  }

  /** More has been received. */
  take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    this.#pieceCount++;
    this.#quietChecks = 0;
    if (this.#current === undefined) this.#begin();
    else if (this.#received.length > maximumPlainBytes) this.#socket.pause();
  }

  #begin(): void {
    const request = readPlainRequest(this.#received, this.#patterns);
    if (request === "unfinished" && this.#pieceCount < maximumPieces) return;
    if (typeof request === "string") return this.#handOver();
    this.#received = nothing;
    this.#pieceCount = 0;
    this.#current = new PlainPeer(this.#socket, request.body, this.#host, () => this.#end());
    this.#host.onBegun();
    this.#host.receive(request.head, this.#current);
  }

  #end(): void {
    this.#current = undefined;
    this.#host.onOver();
    if (this.#host.isStopping) this.#socket.end();
    else if (this.#received.length > 0) {
      this.#socket.resume();
      this.#begin();
    }
  }

  #handOver(): void {
    this.#stopTaking();
    this.#socket.off("close", this.#onClose);
    this.#host.handOver(this, this.#socket, this.#received);
  }

  #close(): void {
    this.#host.onClosed(this);
    this.#current?.end();
  }
}

/** The other end of one plain request. */
class PlainPeer implements Peer {
  readonly isSecure = false;
  readonly isBodyHere = true;
  readonly #socket: Socket;
  readonly #body: Buffer;
  readonly #host: PlainHost;
  readonly #onEnd: () => void;
  #actions: Array<() => void> | undefined;
  #isOver = false;

  constructor(socket: Socket, body: Buffer, host: PlainHost, onEnd: () => void) {
    this.#socket = socket;
    this.#body = body;
    this.#host = host;
    this.#onEnd = onEnd;
  }

  get address(): string {
    return this.#socket.remoteAddress ?? "";
  }

  readBody(limitBytes: number, tooLarge: () => AwsError): Buffer {
    if (this.#body.length > limitBytes) throw tooLarge();
    return this.#body;
  }

  send({ status, headers, cookies, body }: HttpResponse): void | Promise<void> {
    if (this.#isOver) return;
    if (body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array))
      return this.#stream(status, headers, cookies, body);
    const bytes = typeof body === "string" ? Buffer.from(body) : (body ?? nothing);
    if (status !== 204) headers["content-length"] = String(bytes.length);
    this.#write(this.#headOf(status, headers, cookies), bytes);
    if (this.#socket.writableLength === 0) this.end();
    else this.#socket.write(nothing, () => this.end());
  }

  onceOver(action: () => void): void {
    if (this.#isOver) action();
    else (this.#actions ??= []).push(action);
  }

  breakOff(): void {
    this.#socket.destroy();
  }

  /** The answer is out, or there is nobody to take it. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const action of this.#actions ?? []) action();
    this.#onEnd();
  }

  #write(head: string, body: Uint8Array): void {
    if (body.length > copiedBodyBytes) {
      this.#socket.cork();
      this.#socket.write(head, "latin1");
      this.#socket.write(body);
      this.#socket.uncork();
      return;
    }
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.write(head, "latin1");
    bytes.set(body, head.length);
    this.#socket.write(bytes);
  }

  async #stream(
    status: number,
    headers: Record<string, string>,
    cookies: readonly string[] | undefined,
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    headers["transfer-encoding"] = "chunked";
    this.#socket.write(this.#headOf(status, headers, cookies), "latin1");
    try {
      await pipeline(body, inChunks, this.#socket, { end: false });
    } catch (error) {
      // The head is out, so the only way to tell the client is to break off; if it broke off itself there is nobody to tell.
      this.#socket.destroy();
      if (!this.#isOver) throw error;
    }
    this.end();
  }

  #headOf(status: number, headers: Readonly<Record<string, string>>, cookies: readonly string[] = noCookies): string {
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
    for (const name in headers) {
      const value = headers[name]!;
      if (!headerName.test(name) || unfitForHeader.test(value)) throw new Error(`the answer's header ${name} cannot be sent`);
      head += `${name}: ${value}\r\n`;
    }
    for (const cookie of cookies) {
      if (unfitForHeader.test(cookie)) throw new Error("a cookie of the answer cannot be sent");
      head += `set-cookie: ${cookie}\r\n`;
    }
    return head + this.#host.lastLines();
  }
}

const noCookies: readonly string[] = [];
const headerName = /^[\w!#$%&'*+.^`|~-]+$/;
const unfitForHeader = /[^\t\x20-\x7e\x80-\xff]/;

/** https://www.rfc-editor.org/rfc/rfc9112#section-7.1 */
async function* inChunks(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) {
    // An empty chunk is the end.
    if (piece.length === 0) continue;
    yield Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, lineEnd]);
  }
  yield lastChunk;
}

const lineEnd = Buffer.from("\r\n");
const lastChunk = Buffer.from("0\r\n\r\n");

import type { Eventual } from "#kit/eventual.ts";
import type { AwsError } from "#wire/errors.ts";
import type { HttpResponse } from "#wire/http.ts";
import type { Way } from "./exchange.ts";

/** What comes before the body. */
export interface RequestHead {
  method: string;
  /** Path and query string, as received. */
  target: string;
  /** Names in lower case, values of repeated ones joined; `host` also for HTTP/2. */
  headers: Readonly<Record<string, string | undefined>>;
  /** `1.1`, `2.0` */
  httpVersion: string;
  /** Set if requests were looked at for what they have in common. */
  kind?: RequestKind | undefined;
}

/**
 * The same object for all requests of a connection whose heads differ in nothing but the values of headers that change each time: signature, date,
 * hash and length of the body, ids. What follows from the rest is found out once, and noted here.
 */
export interface RequestKind {
  way?: Way;
}

/** The other end of one request, whichever kind of HTTP it speaks: where the body comes from and the answer goes to. */
export interface Peer {
  /** Came by TLS. */
  readonly isSecure: boolean;
  /** IP address of the client; empty if it is gone. */
  readonly address: string;
  /** Whether to read the body takes no waiting: it has come, or there is none. */
  readonly isBodyHere: boolean;
  /** The whole body, of at most `limitBytes`. Beyond it fails with `tooLarge()`'s error, and with `ClientGone` if the rest never comes. */
  readBody(limitBytes: number, tooLarge: () => AwsError): Eventual<Buffer>;
  /** Settles when the answer is on its way. If the client is gone there is nobody to tell, and no error. */
  send(response: HttpResponse): Eventual<void>;
  /** Calls `action` when the client has its answer or has gone away; at once if that is so already. */
  onceOver(action: () => void): void;
  /** Gives up without an answer. */
  breakOff(): void;
}

/** Sees to it that a request is answered. */
export type Receive = (head: RequestHead, peer: Peer) => void;

/** The connection broke before the request was whole: there is nobody to answer. */
export class ClientGone extends Error {
  constructor(cause?: Error) {
    super("the client went away in the middle of its request", { cause });
    this.name = "ClientGone";
  }
}

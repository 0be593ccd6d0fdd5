/** A request as the protocols see it: whole body, headers lower-case and joined. */
export interface HttpRequest {
  method: string;
  /** As received: percent-escapes untouched, without the query string. */
  path: string;
  /** As received, without the `?`. */
  query: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

/** A body ends with it that cannot be finished, by the fault of whoever writes it: the client sees the connection break. */
export class BodyBroken extends Error {}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  /** Values of Set-Cookie, each in a header of its own. */
  cookies?: readonly string[];
  body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

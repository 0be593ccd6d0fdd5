/** Requests as no client would send them: signed by the SDK's signer, changed at will, sent byte for byte. */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { Sha256Node } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";

export interface Draft {
  method?: string;
  /** As it goes over the wire, percent-escapes included. */
  path?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** The service in the signature's scope. */
  service?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  signingDate?: Date;
}

export interface RawRequest {
  method: string;
  /** Path and query string. */
  target: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

const rootCredentials = { accessKeyId: "test", secretAccessKey: "test" };

/** Signs a draft for region us-east-1, as root if it does not say otherwise. */
export async function sign(endpoint: string, draft: Draft): Promise<RawRequest> {
  const { method = "GET", path = "/", query = {}, headers = {}, body = "", service = "lambda", credentials = rootCredentials } = draft;
  const signer = new SignatureV4({ credentials, region: "us-east-1", service, sha256: Sha256Node });
  const { hostname, host } = new URL(endpoint);
  // The signer escapes the path once more, as the protocol wants; it is sent as it is.
  const unsigned = { method, protocol: "http:", hostname, path, query, headers: { ...headers, host }, body };
  const signed = await signer.sign(unsigned, draft.signingDate === undefined ? {} : { signingDate: draft.signingDate });
  const search = new URLSearchParams(query).toString();
  return { method, target: search === "" ? path : `${path}?${search}`, headers: signed.headers, body };
}

/** Sends a request on a connection of its own. */
export function send(endpoint: string, { method, target, headers, body }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path: target, headers, agent: false }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode!, headers: response.headers, text: answer }), reject);
    });
    request.on("error", reject).end(body);
  });
}

export const sendSigned = async (endpoint: string, draft: Draft): Promise<RawAnswer> => send(endpoint, await sign(endpoint, draft));

/** The head of a request as bytes, without the blank line that ends it. */
export const headOf = ({ method, target, headers }: RawRequest): string =>
  [`${method} ${target} HTTP/1.1`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), ""].join("\r\n");

/** Writes `bytes` to a connection of its own and resolves with all that comes back until the server closes it. */
export function exchangeBytes(endpoint: string, ...bytes: ReadonlyArray<string | Uint8Array>): Promise<string> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let received = "";
    socket.on("data", (chunk: Buffer) => (received += chunk.toString("latin1")));
    // A reset is an end like any other: what came before it counts.
    socket.on("error", () => {});
    socket.once("close", () => resolve(received));
    for (const part of bytes) socket.write(part);
  });
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { createServer, request } from "#kit/node-http.ts";
import type { Network } from "./drivers/driver.ts";
import { maxUnfinishedBytes, UploadTurns } from "./upload-turns.ts";

/** Of one environment at once. */
const maxConnections = 256;
/** From the first byte of a request to the end of its headers, and to its last. */
const headersTimeoutMs = 20_000;
const requestTimeoutMs = 60_000;

interface Address {
  host: string;
  port: number;
}

/** Where a signature names its access key: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
const inHeader = /Credential=([^/,\s]*)\//g;
const inQuery = "x-amz-credential";
/** Our own pages take an access key and its secret as user and password. */
const ownPages = "/_pilotlight/";
const asUser = /^basic +([\w+/=-]*)/i;

/**
 * The product's endpoint in a private network. A function may call it as its own role, or unsigned as the world may; keys that it has found
 * elsewhere, the root's above all, are of no use from in there. `isOwn`: whether the access key is one of that role, for this environment.
 */
export async function openEndpointRelay(network: Network, endpointUrl: string, isOwn: (accessKeyId: string) => boolean): Promise<void> {
  const { hostname, port } = new URL(endpointUrl);
  const agent = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
  const turns = new UploadTurns();
  const limits = { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs, connectionsCheckingInterval: 5_000 };
  const server = createServer(limits, (incoming, reply) => {
    if (!signers(incoming).every(isOwn)) refuse(reply);
    else relayInTurn(incoming, reply, agent, turns).catch(() => reply.destroy());
  });
  server.maxConnections = maxConnections;
  await network.listen(server, Number(port));
}

/** The endpoint as it is seen through the relay. */
export const relayedUrl = (endpointUrl: string): string => `http://127.0.0.1:${new URL(endpointUrl).port}`;

/** Access keys that a request could be taken to be signed with: all that are named in any way. */
export function signers({ headers, url = "" }: Pick<IncomingMessage, "headers" | "url">): string[] {
  const query = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?")) : "");
  const { authorization = "" } = headers;
  const user = url.startsWith(ownPages) ? asUser.exec(authorization)?.[1] : undefined;
  return [
    ...[...authorization.matchAll(inHeader)].map(([, signer]) => signer as string),
    ...(user === undefined ? [] : [Buffer.from(user, "base64").toString().split(":", 1)[0] as string]),
    ...[...query].filter(([name]) => name.toLowerCase() === inQuery).map(([, value]) => value.split("/", 1)[0] as string),
  ];
}

function refuse(reply: ServerResponse): void {
  const message = "A function may call only with the credentials of its own role.";
  reply.writeHead(403, { "content-type": "application/json", "x-amzn-errortype": "AccessDeniedException", connection: "close" });
  reply.end(JSON.stringify({ __type: "AccessDeniedException", message }));
}

/** A request without a body has nothing to wait for. */
async function relayInTurn(incoming: IncomingMessage, reply: ServerResponse, to: Address, turns: UploadTurns): Promise<void> {
  const sizeBytes = bodyBytes(incoming);
  if (sizeBytes === 0) return relay(incoming, reply, to);
  const over = await turns.begin(sizeBytes);
  try {
    if (!reply.destroyed) await relay(incoming, reply, to, over);
  } finally {
    over();
  }
}

/** What does not say its length may be as long as can be. */
function bodyBytes({ headers }: IncomingMessage): number {
  if (headers["transfer-encoding"] !== undefined) return maxUnfinishedBytes;
  return Number(headers["content-length"] ?? 0);
}

/** Ends quietly when either side goes away. `onSent`: the body has gone on, or never will. */
async function relay(incoming: IncomingMessage, reply: ServerResponse, to: Address, onSent?: () => void): Promise<void> {
  const outgoing = request({ ...to, method: incoming.method, path: incoming.url, headers: incoming.rawHeaders, agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => outgoing.once("response", resolve).once("error", reject));
  reply.once("close", () => outgoing.destroy());
  // The product may answer before it has read everything.
  pipeline(incoming, outgoing)
    .catch(() => {})
    .finally(onSent);
  try {
    const answer = await answered;
    reply.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    await pipeline(answer, reply);
  } catch {
    if (!reply.headersSent) reply.writeHead(502);
    reply.end();
  }
}

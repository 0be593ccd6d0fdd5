import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Network } from "./drivers/driver.ts";

/** Of one environment at once. */
const maxConnections = 256;

/** Where a signature names its access key: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
const inHeader = /Credential=([^/,\s]*)\//g;
const inQuery = "x-amz-credential";
/** Our own pages take an access key and its secret as user and password. */
const ownPages = "/_pilotlight/";
const asUser = /^basic +([\w+/=-]*)/i;

/**
 * The product's endpoint in a private network. A function may call it as its own role, or unsigned as the world may; keys that it has found
 * elsewhere, the root's above all, are of no use from in there.
 */
export async function openEndpointRelay(network: Network, endpointUrl: string, accessKeyId: () => string): Promise<void> {
  const { hostname, port } = new URL(endpointUrl);
  const agent = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
  const server = createServer({ requestTimeout: 0 }, (incoming, reply) => {
    if (signers(incoming).every((signer) => signer === accessKeyId())) void relay(incoming, reply, agent);
    else refuse(reply);
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

/** Ends quietly when either side goes away. */
async function relay(incoming: IncomingMessage, reply: ServerResponse, to: { host: string; port: number }): Promise<void> {
  const outgoing = request({ ...to, method: incoming.method, path: incoming.url, headers: incoming.rawHeaders, agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => outgoing.once("response", resolve).once("error", reject));
  reply.once("close", () => outgoing.destroy());
  // The product may answer before it has read everything.
  pipeline(incoming, outgoing).catch(() => {});
  try {
    const answer = await answered;
    reply.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    await pipeline(answer, reply);
  } catch {
    if (!reply.headersSent) reply.writeHead(502);
    reply.end();
  }
}

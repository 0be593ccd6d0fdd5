/** A registry that serves what it is given, and can be difficult. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  host: string;
  /** Bodies by path: `/v2/app/manifests/1`. */
  contents: Map<string, Buffer>;
  /** Answers first; true if it did. */
  before: (request: IncomingMessage, reply: ServerResponse) => boolean;
}

export async function startFakeRegistry(): Promise<FakeRegistry> {
  const server = createServer((request, reply) => {
    if (registry.before(request, reply)) return;
    const body = registry.contents.get(request.url ?? "");
    reply.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const registry: FakeRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    contents: new Map(),
    before: () => false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return registry;
}

import { createSocket, type RemoteInfo, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "#kit/clock.ts";
import { answerLocal, isLocal, parseQuery, serverFailure } from "./dns-message.ts";
import { Resolvers } from "./resolvers.ts";

/** More at once are dropped, as on a busy network: of one environment, and of all. */
const maxQueriesPerClient = 64;
const maxQueries = 1_024;
const maxConnectionsPerClient = 8;
const maxConnections = 256;
/** Of one query. Real ones have less than 300 bytes. */
const maxQueryBytes = 1_024;
const connectionIdleMs = 10_000;

/**
 * Answers functions that ask for names: passes queries on to the resolvers of this machine, which functions cannot reach themselves, and knows the
 * names below `localhost`. It resolves nothing and keeps nothing. A client is an address, which nobody can claim for himself.
 */
export class NameServer implements AsyncDisposable {
  #datagrams: DatagramSocket;
  #streams: Server;
  #connections = new Set<Socket>();
  #resolvers: Resolvers;
  #queries = new ClientCounts(maxQueries, maxQueriesPerClient);
  #connectionCounts = new ClientCounts(maxConnections, maxConnectionsPerClient);

  /** Listens on these bound sockets. */
  static async open(
    descriptors: { datagrams: number; streams: number },
    clock: Clock,
    resolvers = new Resolvers(clock),
  ): Promise<NameServer> {
    const server = new NameServer(resolvers);
    const listening = Promise.all([once(server.#streams, "listening"), once(server.#datagrams, "listening")]);
    server.#streams.listen({ fd: descriptors.streams });
    server.#datagrams.bind({ fd: descriptors.datagrams });
    await listening;
    return server;
  }

  private constructor(resolvers: Resolvers) {
    this.#resolvers = resolvers;
    this.#streams = createServer((socket) => this.#serve(socket));
    this.#datagrams = createSocket("udp4");
    this.#datagrams.on("message", (query, client) => void this.#answerDatagram(query, client));
    // What cannot be sent is lost, as datagrams are.
    this.#datagrams.on("error", () => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Promise.all([once(this.#streams, "close"), once(this.#datagrams, "close")]);
    for (const socket of this.#connections) socket.destroy();
    this.#streams.close();
    this.#datagrams.close();
    this.#resolvers.close();
    await closed;
  }

  async #answerDatagram(query: Buffer, { address, port }: RemoteInfo): Promise<void> {
    const answer = await this.#answer(query, address, "datagram");
    if (answer) this.#datagrams.send(answer, port, address, () => {});
  }

  #serve(socket: Socket): void {
    const client = socket.remoteAddress ?? "";
    if (!this.#connectionCounts.enter(client)) return void socket.destroy();
    this.#connections.add(socket);
    socket.once("close", () => {
      this.#connections.delete(socket);
      this.#connectionCounts.leave(client);
    });
    socket.setTimeout(connectionIdleMs, () => socket.destroy());
    socket.on("error", () => {});
    void this.#converse(socket, client).catch(() => socket.destroy());
  }

  /** One query after the other, each with its size in two bytes before it. */
  async #converse(socket: Socket, client: string): Promise<void> {
    let waiting = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const end = 2 + waiting.readUInt16BE(0);
        const answer = await this.#answer(waiting.subarray(2, end), client, "stream");
        if (!answer) return void socket.destroy();
        const size = Buffer.alloc(2);
        size.writeUInt16BE(answer.length);
        if (!socket.write(Buffer.concat([size, answer]))) await once(socket, "drain");
        waiting = waiting.subarray(end);
      }
      if (waiting.length > 2 + maxQueryBytes) return void socket.destroy();
    }
    socket.end();
  }

  /** Undefined for what deserves no answer. */
  async #answer(message: Buffer, client: string, by: "datagram" | "stream"): Promise<Buffer | undefined> {
    const query = message.length > maxQueryBytes ? undefined : parseQuery(message);
    if (!query) return undefined;
    if (isLocal(query)) return answerLocal(message, query);
    if (!this.#queries.enter(client)) return undefined;
    try {
      return (await this.#resolvers.ask(message, by)) ?? serverFailure(message, query);
    } finally {
      this.#queries.leave(client);
    }
  }
}

/** How much of something each client has at the moment. */
class ClientCounts {
  #counts = new Map<string, number>();
  #total = 0;
  #maxTotal: number;
  #maxEach: number;

  constructor(maxTotal: number, maxEach: number) {
    this.#maxTotal = maxTotal;
    this.#maxEach = maxEach;
  }

  /** Whether there is room. */
  enter(client: string): boolean {
    const count = this.#counts.get(client) ?? 0;
    if (this.#total >= this.#maxTotal || count >= this.#maxEach) return false;
    this.#total++;
    this.#counts.set(client, count + 1);
    return true;
  }

  leave(client: string): void {
    const count = (this.#counts.get(client) ?? 0) - 1;
    this.#total--;
    if (count > 0) this.#counts.set(client, count);
    else this.#counts.delete(client);
  }
}

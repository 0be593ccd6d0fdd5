import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";

const maxConnections = 16;

/** A port of this machine's loopback interface that leads into the network of a function. */
export class Entrance {
  #server: Server;
  #sockets = new Set<Socket>();

  /** `connect` begins a connection in there. */
  constructor(connect: () => Socket) {
    this.#server = createServer((outside) => {
      const inside = connect();
      for (const [from, to] of [
        [outside, inside],
        [inside, outside],
      ] as const) {
        this.#sockets.add(from);
        from.once("close", () => this.#sockets.delete(from));
        // Ends when either side does.
        pipeline(from, to).catch(() => {});
      }
    });
    this.#server.maxConnections = maxConnections;
  }

  /** Rejects if the port is taken. */
  async open(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

import type { Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Network } from "./driver.ts";

const loopback = "127.0.0.1";

/** The network of the machine, which is not the launch's own; only the servers in it are. */
export class SharedNetwork implements Network {
  #servers: Server[] = [];
  #receivers = new Set<DatagramSocket>();

  async listen(server: Server): Promise<string> {
    this.#servers.push(server);
    server.listen(0, loopback);
    await once(server, "listening");
    return `${loopback}:${(server.address() as AddressInfo).port}`;
  }

  async receive(socket: DatagramSocket): Promise<string> {
    this.#receivers.add(socket);
    socket.once("close", () => this.#receivers.delete(socket));
    socket.bind(0, loopback);
    await once(socket, "listening");
    return `${loopback}:${socket.address().port}`;
  }

  connect(port: number): Socket {
    return connect(port, loopback);
  }

  /** It is there already. */
  async expose(): Promise<void> {}

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
    for (const socket of this.#receivers) socket.close();
  }
}

import type { Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import type { Server } from "node:http";
import { Socket, type SocketConstructorOpts } from "node:net";
import { addressNumber } from "#kit/ip-range.ts";
import type { Network } from "../driver.ts";
import { Entrance } from "./network/entrance.ts";
import { netlinkFamily, NetlinkSocket } from "./network/netlink.ts";
import { NetworkNamespace } from "./network/network-namespace.ts";
import type { OutboundNetwork } from "./network/outbound.ts";
import { loopbackIndex, setUp } from "./network/rtnetlink.ts";
import type { SystemCalls } from "./system-calls.ts";

const loopback = "127.0.0.1";
/** Of the Runtime API, the product's endpoint and the X-Ray daemon. */
const usualSockets = { stream: 2, datagram: 1 };

/** A network namespace of one launch: a loopback interface, on which servers of ours listen, and the way out, where there is one. */
export class PrivateNetwork implements Network {
  #namespace: NetworkNamespace;
  #servers: Server[] = [];
  #receivers = new Set<DatagramSocket>();
  #entrance: Entrance | undefined;
  /** Of a server's socket. */
  #anchor: number | undefined;

  /** Throws if the kernel allows no more of them. */
  constructor(calls: SystemCalls, outbound?: OutboundNetwork) {
    using opened = new DisposableStack();
    const inside: { routes?: NetlinkSocket } = {};
    const open = (): void => {
      inside.routes = opened.use(new NetlinkSocket(calls, netlinkFamily.route, "the network of a function"));
    };
    this.#namespace = new NetworkNamespace(calls, open, usualSockets);
    try {
      const routes = inside.routes as NetlinkSocket;
      routes.send([setUp(loopbackIndex)]);
      outbound?.connect(this.#namespace, routes);
    } catch (error) {
      this.#namespace.close();
      throw error;
    }
  }

  /** Closed with the network; a process that has entered keeps the namespace. */
  get descriptor(): number {
    return this.#namespace.descriptor;
  }

  /** A process has entered: it and the servers keep the namespace. */
  letGo(): void {
    if (this.#anchor !== undefined) this.#namespace.letGo(this.#anchor);
  }

  async listen(server: Server, port: number): Promise<string> {
    this.#servers.push(server);
    const descriptor = this.#namespace.boundSocket("stream", addressNumber(loopback), port);
    server.listen({ fd: descriptor });
    this.#anchor ??= descriptor;
    await once(server, "listening");
    return `${loopback}:${port}`;
  }

  async receive(socket: DatagramSocket, port: number): Promise<string> {
    this.#receivers.add(socket);
    socket.once("close", () => this.#receivers.delete(socket));
    // Said at once, before `bind` returns.
    const listening = once(socket, "listening");
    socket.bind({ fd: this.#namespace.boundSocket("datagram", addressNumber(loopback), port) });
    await listening;
    return `${loopback}:${port}`;
  }

  connect(port: number): Socket {
    // Made in there; the connection itself may be begun from anywhere. Read only once there is one.
    const socket = new Socket({ fd: this.#namespace.openSocket("stream"), manualStart: true } as SocketConstructorOpts);
    return socket.connect(port, loopback);
  }

  async expose(port: number): Promise<void> {
    this.#entrance = new Entrance(() => this.connect(port));
    await this.#entrance.open(port);
  }

  close(): void {
    this.#entrance?.close();
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
    for (const socket of this.#receivers) socket.close();
    this.#namespace.close();
  }
}

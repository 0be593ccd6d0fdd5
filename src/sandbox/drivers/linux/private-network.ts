import { once } from "node:events";
import type { Server } from "node:http";
import { addressNumber } from "#kit/ip-range.ts";
import type { Network } from "../driver.ts";
import { netlinkFamily, NetlinkSocket } from "./network/netlink.ts";
import { NetworkNamespace } from "./network/network-namespace.ts";
import { type OutboundNetwork, withoutVersion6 } from "./network/outbound.ts";
import { loopbackIndex, setUp } from "./network/rtnetlink.ts";
import type { SystemCalls } from "./system-calls.ts";

const loopback = "127.0.0.1";

/** A network namespace of one launch: a loopback interface, on which servers of ours listen, and the way out, where there is one. */
export class PrivateNetwork implements Network {
  #namespace: NetworkNamespace;
  #servers: Server[] = [];

  /** Throws if the kernel allows no more of them. */
  constructor(calls: SystemCalls, outbound?: OutboundNetwork) {
    let routes: NetlinkSocket | undefined;
    this.#namespace = new NetworkNamespace(calls, () => {
      if (outbound) withoutVersion6();
      routes = new NetlinkSocket(calls, netlinkFamily.route, "the network of a function");
    });
    try {
      using routesInThere = routes as unknown as NetlinkSocket;
      routesInThere.send([setUp(loopbackIndex)]);
      outbound?.connect(this.#namespace, routesInThere);
    } catch (error) {
      this.#namespace.close();
      throw error;
    }
  }

  /** Closed with the network; a process that has entered keeps the namespace. */
  get descriptor(): number {
    return this.#namespace.descriptor;
  }

  async listen(server: Server, port: number): Promise<string> {
    this.#servers.push(server);
    server.listen({ fd: this.#namespace.boundSocket("stream", addressNumber(loopback), port) });
    await once(server, "listening");
    return `${loopback}:${port}`;
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
    this.#namespace.close();
  }
}

import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { Server } from "node:http";
import type { Network } from "../driver.ts";
import type { SystemCalls } from "./system-calls.ts";

const cloneNewNet = 0x4000_0000;
const addressFamilyInet = 2;
/** SOCK_STREAM | SOCK_CLOEXEC */
const streamSocket = 1 | 0o2000000;
const loopback = [127, 0, 0, 1];

/** SIOCSIFFLAGS on `lo` with IFF_UP | IFF_RUNNING. https://man7.org/linux/man-pages/man7/netdevice.7.html */
const setInterfaceFlags = 0x8914n;
const interfaceUp = 0x41;

/**
 * A network namespace of one launch: a loopback interface and nothing else. Servers of ours listen in there, because a socket belongs for ever to
 * the namespace of the thread that made it; so that thread, our only one, goes there for the moment that takes.
 */
export class PrivateNetwork implements Network {
  /** Closed with the network; a process that has entered keeps the namespace. */
  readonly descriptor: number;
  #calls: SystemCalls;
  #servers: Server[] = [];

  /** Throws if the kernel allows no more of them. */
  constructor(calls: SystemCalls) {
    this.#calls = calls;
    this.descriptor = elsewhere(calls, () => {
      check(calls.unshare(cloneNewNet), "unshare");
      const socket = check(calls.socket(addressFamilyInet, streamSocket, 0), "socket");
      const request = Buffer.alloc(40);
      request.write("lo");
      request.writeUInt16LE(interfaceUp, 16);
      const result = calls.ioctl(socket, setInterfaceFlags, request);
      closeSync(socket);
      check(result, "ioctl");
      return openSync("/proc/thread-self/ns/net", "r");
    });
  }

  async listen(server: Server, port: number): Promise<string> {
    const socket = elsewhere(this.#calls, () => {
      check(this.#calls.setns(this.descriptor, cloneNewNet), "setns");
      return check(this.#calls.socket(addressFamilyInet, streamSocket, 0), "socket");
    });
    const address = Buffer.alloc(16);
    address.writeUInt16LE(addressFamilyInet, 0);
    address.writeUInt16BE(port, 2);
    address.set(loopback, 4);
    check(this.#calls.bind(socket, address, address.length), "bind");
    this.#servers.push(server);
    server.listen({ fd: socket });
    await once(server, "listening");
    return `127.0.0.1:${port}`;
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
    closeSync(this.descriptor);
  }
}

/** Runs an action that changes this thread's network namespace, and comes back. */
function elsewhere<T>(calls: SystemCalls, action: () => T): T {
  const home = openSync("/proc/thread-self/ns/net", "r");
  try {
    return action();
  } finally {
    // To go on in a wrong network would break everything, silently.
    if (calls.setns(home, cloneNewNet) !== 0) process.abort();
    closeSync(home);
  }
}

function check(result: number, call: string): number {
  if (result < 0) throw new Error(`${call} failed`);
  return result;
}

import { closeSync, openSync } from "node:fs";
import type { SystemCalls } from "../system-calls.ts";

const cloneNewNet = 0x4000_0000;
/** <linux/sockios.h>: a descriptor of the namespace that a socket belongs to. */
const namespaceOfSocket = 0x894cn;
const addressFamilyInet = 2;
const socketTypes = { stream: 1, datagram: 2 };
type SocketType = keyof typeof socketTypes;
const closesOnExec = 0o2000000;
const doesNotBlock = 0o4000;

/**
 * A network of its own: interfaces, routes, ports and packet filters. A socket belongs for ever to the namespace in which the thread was that made
 * it; so that thread, our only one, goes there for the moment that takes.
 */
export class NetworkNamespace {
  #calls: SystemCalls;
  #descriptor: number | undefined;
  /** A socket in there that stays open as long as the namespace is of interest. */
  #anchor: number | undefined;
  /** Not bound yet. */
  #spare: Record<SocketType, number[]> = { stream: [], datagram: [] };

  /**
   * `prepare` runs inside. Throws if the kernel allows no more of them. `spareSockets`: how many will be wanted soon, which are made while we are there
   * anyway.
   */
  constructor(calls: SystemCalls, prepare: () => void, spareSockets: Partial<Record<SocketType, number>> = {}) {
    this.#calls = calls;
    elsewhere(calls, () => {
      check(calls.unshare(cloneNewNet), "unshare");
      try {
        prepare();
        for (const [type, count] of Object.entries(spareSockets) as [SocketType, number][])
          while (this.#spare[type].length < count) this.#spare[type].push(this.#newSocket(type));
        this.#descriptor = openSync("/proc/thread-self/ns/net", "r");
      } catch (error) {
        this.close();
        throw error;
      }
    });
  }

  /** What it has: this descriptor, processes that have entered, and sockets keep the namespace. Throws once it has been closed. */
  get descriptor(): number {
    if (this.#descriptor === undefined) throw new Error("the network is closed");
    return this.#descriptor;
  }

  /** Closes the descriptor, of which each environment would have one: the way back is by way of that bound socket, which its owner keeps open until the end. */
  letGo(anchor: number): void {
    this.close();
    this.#anchor = anchor;
  }

  /** Descriptor of a socket of IPv4 in there, bound to that address. */
  boundSocket(type: SocketType, address: number, port: number): number {
    const socket = this.openSocket(type);
    const name = Buffer.alloc(16);
    name.writeUInt16LE(addressFamilyInet, 0);
    name.writeUInt16BE(port, 2);
    name.writeUInt32BE(address, 4);
    try {
      check(this.#calls.bind(socket, name, name.length), "bind");
      return socket;
    } catch (error) {
      closeSync(socket);
      throw error;
    }
  }

  /** Descriptor of a socket of IPv4 in there. */
  openSocket(type: SocketType): number {
    const spare = this.#spare[type].pop();
    if (spare !== undefined) return spare;
    return elsewhere(this.#calls, () => {
      this.#enter();
      return this.#newSocket(type);
    });
  }

  close(): void {
    for (const sockets of Object.values(this.#spare)) for (const socket of sockets.splice(0)) closeSync(socket);
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#anchor = undefined;
  }

  #newSocket(type: SocketType): number {
    return check(this.#calls.socket(addressFamilyInet, socketTypes[type] | closesOnExec | doesNotBlock, 0), "socket");
  }

  #enter(): void {
    if (this.#anchor === undefined) return void check(this.#calls.setns(this.descriptor, cloneNewNet), "setns");
    const descriptor = check(this.#calls.ioctl(this.#anchor, namespaceOfSocket, Buffer.alloc(8)), "the namespace of a socket");
    try {
      check(this.#calls.setns(descriptor, cloneNewNet), "setns");
    } finally {
      closeSync(descriptor);
    }
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

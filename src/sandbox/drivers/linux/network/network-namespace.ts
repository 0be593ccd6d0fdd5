import { closeSync, openSync } from "node:fs";
import type { SystemCalls } from "../system-calls.ts";

const cloneNewNet = 0x4000_0000;
const addressFamilyInet = 2;
const socketTypes = { stream: 1, datagram: 2 };
const closesOnExec = 0o2000000;
const doesNotBlock = 0o4000;

/**
 * A network of its own: interfaces, routes, ports and packet filters. A socket belongs for ever to the namespace in which the thread was that made
 * it; so that thread, our only one, goes there for the moment that takes.
 */
export class NetworkNamespace {
  /** What it has: this descriptor, processes that have entered, and sockets keep the namespace. */
  readonly descriptor: number;
  #calls: SystemCalls;

  /** `prepare` runs inside. Throws if the kernel allows no more of them. */
  constructor(calls: SystemCalls, prepare: () => void) {
    this.#calls = calls;
    this.descriptor = elsewhere(calls, () => {
      check(calls.unshare(cloneNewNet), "unshare");
      prepare();
      return openSync("/proc/thread-self/ns/net", "r");
    });
  }

  /** Descriptor of a socket of IPv4 in there, bound to that address. */
  boundSocket(type: keyof typeof socketTypes, address: number, port: number): number {
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
  openSocket(type: keyof typeof socketTypes): number {
    return elsewhere(this.#calls, () => {
      check(this.#calls.setns(this.descriptor, cloneNewNet), "setns");
      return check(this.#calls.socket(addressFamilyInet, socketTypes[type] | closesOnExec | doesNotBlock, 0), "socket");
    });
  }

  close(): void {
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

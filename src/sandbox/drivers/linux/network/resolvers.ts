import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { connect, isIP, isIPv6 } from "node:net";
import type { Clock, Timer } from "#kit/clock.ts";
import { isAnswerTo } from "./dns-message.ts";

/** As the C library does it: https://man7.org/linux/man-pages/man5/resolv.conf.5.html */
const configurationFile = "/etc/resolv.conf";
const maxResolvers = 3;
const fallback = "127.0.0.1";

/** A laptop changes its networks while we run. */
const lookIntervalMs = 5_000;
/** After that, the next resolver gets its chance. Clients give up after five seconds. */
const patienceMs = 2_000;

/** The resolvers that this machine uses. */
export class Resolvers {
  #clock: Clock;
  #port: number;
  #read: () => Promise<string>;
  #found: { atMs: number; addresses: Promise<string[]> } | undefined;
  #asking = new Set<() => void>();
  #isClosed = false;

  constructor(clock: Clock, port = 53, read = (): Promise<string> => readFile(configurationFile, "utf8")) {
    this.#clock = clock;
    this.#port = port;
    this.#read = read;
  }

  /** Resolves with the answer of the first that gives one, undefined if none does. Never rejects. */
  async ask(query: Buffer, by: "datagram" | "stream"): Promise<Buffer | undefined> {
    for (const address of await this.#addresses()) {
      const answer = await this.#askOne(query, address, by);
      if (answer || this.#isClosed) return answer;
    }
    return undefined;
  }

  /** Gives up what is being asked. */
  close(): void {
    this.#isClosed = true;
    for (const giveUp of this.#asking) giveUp();
  }

  #addresses(): Promise<string[]> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#found === undefined || nowMs - this.#found.atMs > lookIntervalMs) {
      this.#found = { atMs: nowMs, addresses: this.#read().then(parseResolvers, () => [fallback]) };
    }
    return this.#found.addresses;
  }

  /** A socket, and so a port, for each question: nobody can guess where the answer is to go. */
  #askOne(query: Buffer, address: string, by: "datagram" | "stream"): Promise<Buffer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
    const giveUp = (): void => resolve(undefined);
    const take = (message: Buffer): void => {
      if (isAnswerTo(query, message)) resolve(message);
    };
    const close =
      by === "datagram" ? askByDatagram(query, address, this.#port, take, giveUp) : askByStream(query, address, this.#port, take, giveUp);
    const timer: Timer = this.#clock.after(patienceMs, giveUp);
    this.#asking.add(giveUp);
    return promise.finally(() => {
      this.#asking.delete(giveUp);
      timer.cancel();
      close();
    });
  }
}

/** Addresses of the servers that a resolv.conf names; what is none is passed over. */
export function parseResolvers(text: string): string[] {
  const named = [...text.matchAll(/^nameserver[ \t]+(\S+)/gm)]
    .map(([, address]) => address as string)
    .filter((address) => isIP(address) !== 0);
  return named.length > 0 ? named.slice(0, maxResolvers) : [fallback];
}

type Take = (message: Buffer) => void;

function askByDatagram(query: Buffer, address: string, port: number, take: Take, giveUp: () => void): () => void {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  socket.on("message", take).on("error", giveUp);
  // Connected, so that it hears nobody else.
  socket.connect(port, address, (error?: Error) => (error ? giveUp() : socket.send(query)));
  return () => socket.close();
}

function askByStream(query: Buffer, address: string, port: number, take: Take, giveUp: () => void): () => void {
  const socket = connect(port, address);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(query.length);
  socket.write(Buffer.concat([size, query]));
  let waiting = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    if (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) take(waiting.subarray(2, 2 + waiting.readUInt16BE(0)));
  });
  socket.on("error", giveUp).on("close", giveUp);
  return () => socket.destroy();
}

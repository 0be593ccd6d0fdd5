import type { Socket } from "node:net";
import type { Clock } from "#kit/clock.ts";
import type { Receive } from "./peer.ts";
import { PlainConnection, type PlainHost } from "./plain-connection.ts";

export interface PlainServerOptions {
  clock: Clock;
  checkIntervalMs: number;
  /** How long a connection may be idle. */
  idleTimeoutMs: number;
  receive: Receive;
  /** A request has begun; it is over. */
  onBegun(): void;
  onOver(): void;
  /** Gives a connection to node:http, which shall read `received` first. */
  handOver(socket: Socket, received: Buffer): void;
}

/** All the connections that are served without node:http. */
export class PlainServer implements PlainHost, Disposable {
  readonly receive: Receive;
  readonly onBegun: () => void;
  readonly onOver: () => void;
  readonly idleChecks: number;
  isStopping = false;
  /** The value of the Keep-Alive header. */
  readonly #keepAlive: string;
  readonly #clock: Clock;
  readonly #handOver: PlainServerOptions["handOver"];
  readonly #connections = new Set<PlainConnection>();
  readonly #checks: NodeJS.Timeout;
  /** The same for all answers of a second. */
  #lastLines = { second: Number.NaN, isStopping: false, text: "" };

  constructor({ clock, checkIntervalMs, idleTimeoutMs, receive, onBegun, onOver, handOver }: PlainServerOptions) {
    this.receive = receive;
    this.onBegun = onBegun;
    this.onOver = onOver;
    this.#keepAlive = `timeout=${Math.floor(idleTimeoutMs / 1_000)}`;
    this.idleChecks = Math.ceil(idleTimeoutMs / checkIntervalMs);
    this.#clock = clock;
    this.#handOver = handOver;
    this.#checks = setInterval(() => {
      for (const connection of this.#connections) connection.check();
    }, checkIntervalMs).unref();
  }

  /** `received`: what has been read of the connection already. */
  accept(socket: Socket, received: Buffer): void {
    const connection = new PlainConnection(socket, this);
    this.#connections.add(connection);
    connection.take(received);
  }

  handOver(connection: PlainConnection, socket: Socket, received: Buffer): void {
    this.#connections.delete(connection);
    this.#handOver(socket, received);
  }

  onClosed(connection: PlainConnection): void {
    this.#connections.delete(connection);
  }

  lastLines(): string {
    const second = Math.floor(this.#clock.now() / 1_000);
    const { isStopping } = this;
    if (second !== this.#lastLines.second || isStopping !== this.#lastLines.isStopping) {
      const connection = isStopping ? "close" : `keep-alive\r\nkeep-alive: ${this.#keepAlive}`;
      const text = `date: ${new Date(second * 1_000).toUTCString()}\r\nconnection: ${connection}\r\n\r\n`;
      this.#lastLines = { second, isStopping, text };
    }
    return this.#lastLines.text;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#checks);
  }
}

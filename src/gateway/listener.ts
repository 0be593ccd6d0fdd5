/**
 * The one port. HTTP/1.1 and HTTP/2 without TLS (prior knowledge, as the SDK's event-stream clients speak it) share it: the first
 * bytes of a connection tell them apart.
 */
import { createServer as createHttpServer, type Server } from "node:http";
import { constants, createServer as createHttp2Server, type Http2Server, type Http2ServerRequest } from "node:http2";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import type { IncomingRequest, OutgoingResponse } from "./exchange.ts";

export interface ListenerLimits {
  /** From the first byte of a request to the end of its headers. */
  headersTimeoutMs: number;
  /** From the first byte of a request to its last. */
  requestTimeoutMs: number;
  maximumHeaderBytes: number;
  maximumConnections: number;
}

export const defaultListenerLimits: ListenerLimits = {
  headersTimeoutMs: 20_000,
  requestTimeoutMs: 300_000,
  // AWS takes up to 1 MB of request line and headers; nothing an SDK sends comes near this.
  maximumHeaderBytes: 65_536,
  maximumConnections: 20_000,
};

const http2Preface = "PRI * HTTP/2.0\r\n";

export class Listener implements AsyncDisposable {
  readonly #http: Server;
  readonly #http2: Http2Server;
  readonly #net: NetServer;
  readonly #sockets = new Set<Socket>();
  #runningCount = 0;
  #isStopping = false;
  #onIdle: (() => void) | undefined;

  constructor(handle: (request: IncomingRequest, response: OutgoingResponse) => void, limits: ListenerLimits = defaultListenerLimits) {
    const counted = (request: IncomingRequest, response: OutgoingResponse): void => {
      this.#runningCount++;
      // Asked to stop, we finish what runs and take nothing more on this connection.
      if (this.#isStopping && request.httpVersionMajor < 2) response.setHeader("connection", "close");
      if (request.httpVersionMajor >= 2) limitUpload(request as Http2ServerRequest, limits.requestTimeoutMs);
      response.once("close", () => {
        if (--this.#runningCount === 0) this.#onIdle?.();
      });
      handle(request, response);
    };
    this.#http = createHttpServer(
      {
        headersTimeout: limits.headersTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        connectionsCheckingInterval: Math.min(limits.headersTimeoutMs, 5_000),
        maxHeaderSize: limits.maximumHeaderBytes,
        keepAliveTimeout: 75_000,
        noDelay: true,
      },
      counted,
    );
    this.#http.on("checkContinue", (request, response) => {
      // Who asks before it sends a body is told to go on when somebody begins to read; a body that is refused need not be sent.
      request.once("resume", () => {
        if (!response.headersSent) response.writeContinue();
      });
      counted(request, response);
    });
    this.#http2 = createHttp2Server({ maxSessionMemory: 32, settings: { maxConcurrentStreams: 256 } }, counted);
    this.#http2.on("sessionError", () => {});
    // The server that owns the port only sorts connections; the checker of slow requests starts when its own server "listens".
    this.#http.emit("listening");
    this.#net = createServer({ noDelay: true, pauseOnConnect: false }, (socket) => this.#sort(socket, limits));
    this.#net.maxConnections = limits.maximumConnections;
  }

  /** Binds the port (0: any free one) and gives the one it got. Rejects with EADDRINUSE and its like. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#net.once("error", reject);
      this.#net.listen(port, host, () => {
        this.#net.off("error", reject);
        resolve((this.#net.address() as AddressInfo).port);
      });
    });
  }

  /** Takes no new connections and waits until the running requests are answered, `graceMs` at most. */
  async drain(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#net.close();
    if (this.#runningCount === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(0);
    this.#http.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #sort(socket: Socket, limits: ListenerLimits): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    socket.setTimeout(limits.headersTimeoutMs, () => socket.destroy());
    let received = "";
    const onData = (chunk: Buffer): void => {
      received += chunk.toString("latin1");
      // "P" may become a POST yet.
      if (received.length < http2Preface.length && http2Preface.startsWith(received)) return;
      socket.pause();
      socket.off("data", onData);
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      const isHttp2 = received.startsWith(http2Preface);
      socket.unshift(received, "latin1");
      (isHttp2 ? this.#http2 : this.#http).emit("connection", socket);
      // An HTTP/2 session reads the handle itself, and what was put back first of all.
      if (!isHttp2) socket.resume();
    };
    socket.on("data", onData);
  }
}

/** Node's HTTP/2 server has no time limit on requests of its own. */
function limitUpload(request: Http2ServerRequest, limitMs: number): void {
  const timer = setTimeout(() => request.stream.close(constants.NGHTTP2_CANCEL), limitMs);
  request.once("end", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
}

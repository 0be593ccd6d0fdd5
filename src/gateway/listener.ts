/**
 * The two ports, which serve the same. HTTP/1.1 and HTTP/2 without TLS (prior knowledge, as the SDK's event-stream clients speak it)
 * share one: the first bytes of a connection tell them apart. On the other they come by TLS, which has them agree (ALPN).
 */
import { constants, createServer as createHttp2Server, type Http2Server, type Http2ServerRequest } from "node:http2";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type SecureContext } from "node:tls";
import { callbackify } from "node:util";
import { type Clock, systemClock } from "#kit/clock.ts";
import { createServer as createHttpServer, Server as HttpServer } from "#kit/node-http.ts";
import { type IncomingRequest, NodePeer, type OutgoingResponse } from "./node-peer.ts";
import type { Receive } from "./peer.ts";
import { PlainServer } from "./plain-server.ts";

export interface ListenerLimits {
  /** From the first byte of a request to the end of its headers. */
  headersTimeoutMs: number;
  /** From the first byte of a request to its last. */
  requestTimeoutMs: number;
  /** How long a connection may go without a request. */
  idleTimeoutMs: number;
  maximumHeaderBytes: number;
  maximumConnections: number;
}

export const defaultListenerLimits: ListenerLimits = {
  headersTimeoutMs: 20_000,
  requestTimeoutMs: 300_000,
  idleTimeoutMs: 75_000,
  // AWS takes up to 1 MB of request line and headers; nothing an SDK sends comes near this.
  maximumHeaderBytes: 65_536,
  maximumConnections: 20_000,
};

/** A certificate and its key as PEM, and both as Node takes them for one of several names. */
export interface TlsIdentity {
  cert: string;
  key: string;
  context: SecureContext;
}

const http2Preface = "PRI * HTTP/2.0\r\n";

export class Listener implements AsyncDisposable {
  readonly #plain: PlainServer;
  readonly #http: HttpServer;
  readonly #http2: Http2Server;
  readonly #net: NetServer;
  /** Of the TLS port, once it is open. */
  #secureNet: NetServer | undefined;
  readonly #limits: ListenerLimits;
  readonly #sockets = new Set<Socket>();
  #runningCount = 0;
  #isStopping = false;
  #onIdle: (() => void) | undefined;

  constructor(receive: Receive, limits: ListenerLimits = defaultListenerLimits, clock: Clock = systemClock) {
    this.#limits = limits;
    const checkIntervalMs = Math.min(limits.headersTimeoutMs, 5_000);
    const onBegun = (): void => void this.#runningCount++;
    const onOver = (): void => {
      if (--this.#runningCount === 0) this.#onIdle?.();
    };
    const counted = (request: IncomingRequest, response: OutgoingResponse): void => {
      onBegun();
      // Asked to stop, we finish what runs and take nothing more on this connection.
      if (this.#isStopping && request.httpVersionMajor < 2) response.setHeader("connection", "close");
      if (request.httpVersionMajor >= 2) limitUpload(request as Http2ServerRequest, limits.requestTimeoutMs);
      response.once("close", onOver);
      const peer = new NodePeer(request, response);
      const { head } = peer;
      if (head) receive(head, peer);
      else void peer.send({ status: 400, headers: request.httpVersionMajor < 2 ? { connection: "close" } : {} });
    };
    this.#http = createHttpServer(
      {
        headersTimeout: limits.headersTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        connectionsCheckingInterval: checkIntervalMs,
        maxHeaderSize: limits.maximumHeaderBytes,
        keepAliveTimeout: limits.idleTimeoutMs,
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
    // Closing lets streams that are open finish.
    this.#http2.on("session", (session) => session.setTimeout(limits.idleTimeoutMs, () => session.close()));
    // The server that owns the port only sorts connections; the checker of slow requests starts when its own server "listens".
    this.#http.emit("listening");
    this.#plain = new PlainServer({
      clock,
      checkIntervalMs,
      idleTimeoutMs: limits.idleTimeoutMs,
      receive,
      onBegun,
      onOver,
      handOver: (socket, received) => handTo(this.#http, socket, received),
    });
    this.#net = createServer({ noDelay: true, pauseOnConnect: false }, (socket) => this.#sort(socket, limits));
    this.#net.maxConnections = limits.maximumConnections;
  }

  /** Binds the port (0: any free one) and gives the one it got. Rejects with EADDRINUSE and its like. */
  listen(host: string, port: number): Promise<number> {
    return bind(this.#net, host, port);
  }

  /** The same for the port with TLS. `identityFor` gives what we show of ourselves under a name, the first time when somebody connects. */
  async listenSecurely(host: string, port: number, identityFor: (name?: string) => Promise<TlsIdentity>): Promise<number> {
    const tls = createTlsServer({
      ALPNProtocols: ["h2", "http/1.1"],
      handshakeTimeout: this.#limits.headersTimeoutMs,
      SNICallback: callbackify(async (name: string) => (await identityFor(name)).context),
    });
    tls.on("secureConnection", (socket) => {
      this.#keep(socket);
      (socket.alpnProtocol === "h2" ? this.#http2 : this.#http).emit("connection", socket);
    });
    tls.on("tlsClientError", (_error, socket) => socket.destroy());
    let shown: TlsIdentity | undefined;
    const greet = async (socket: Socket): Promise<void> => {
      this.#keep(socket);
      try {
        const identity = await identityFor();
        if (identity !== shown) tls.setSecureContext((shown = identity));
        tls.emit("connection", socket);
      } catch {
        socket.destroy();
      }
    };
    const net = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => void greet(socket));
    net.maxConnections = this.#limits.maximumConnections;
    const boundPort = await bind(net, host, port);
    this.#secureNet = net;
    return boundPort;
  }

  /** Takes no new connections and waits until the running requests are answered, `graceMs` at most. */
  async drain(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#plain.isStopping = true;
    this.#net.close();
    this.#secureNet?.close();
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
    this.#plain[Symbol.dispose]();
    this.#http.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
  }

  #sort(socket: Socket, limits: ListenerLimits): void {
    this.#keep(socket);
    socket.setTimeout(limits.headersTimeoutMs, () => socket.destroy());
    let received = "";
    const onData = (chunk: Buffer): void => {
      received += chunk.toString("latin1");
      // "P" may become a POST yet.
      if (received.length < http2Preface.length && http2Preface.startsWith(received)) return;
      socket.off("data", onData);
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      const bytes = Buffer.from(received, "latin1");
      if (received.startsWith(http2Preface)) handTo(this.#http2, socket, bytes);
      else this.#plain.accept(socket, bytes);
    };
    socket.on("data", onData);
  }
}

/** `received` was read already and comes first. */
function handTo(server: HttpServer | Http2Server, socket: Socket, received: Buffer): void {
  socket.pause();
  socket.unshift(received);
  server.emit("connection", socket);
  // An HTTP/2 session reads the handle itself, and what was put back first of all.
  if (server instanceof HttpServer) socket.resume();
}

function bind(server: NetServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Node's HTTP/2 server has no time limit on requests of its own. */
function limitUpload(request: Http2ServerRequest, limitMs: number): void {
  const timer = setTimeout(() => request.stream.close(constants.NGHTTP2_CANCEL), limitMs);
  request.once("end", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
}

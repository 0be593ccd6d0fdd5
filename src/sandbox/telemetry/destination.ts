import type { Socket } from "node:net";
import { Agent, request } from "#kit/node-http.ts";
import type { Destination } from "./subscription.ts";

/** Where an extension listens. */
export interface Delivery {
  /** Resolves when the other side has them; rejects if it has not. `batch`: JSON texts of events. */
  send(batch: readonly string[]): Promise<void>;
  close(): void;
}

/** `connect` reaches the sandbox's loopback interface. */
export function deliveryTo(destination: Destination, connect: (port: number) => Socket): Delivery {
  return destination.protocol === "HTTP" ? new HttpDelivery(destination, connect) : new TcpDelivery(destination.port, connect);
}

/** Ours: nobody reads what a receiver answers, and it may not go on for ever. */
const maxAnswerBytes = 64 * 1024;

/** An array of events by POST or PUT; whatever the other side answers below 400 acknowledges it. */
class HttpDelivery implements Delivery {
  #to: Extract<Destination, { protocol: "HTTP" }>;
  #agent: Agent;

  constructor(to: Extract<Destination, { protocol: "HTTP" }>, connect: (port: number) => Socket) {
    this.#to = to;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agent.createConnection = () => connect(to.port);
  }

  send(batch: readonly string[]): Promise<void> {
    const body = `[${batch.join(",")}]`;
    const { method, path, port } = this.#to;
    return new Promise((resolve, reject) => {
      const headers = {
        Host: `sandbox.localdomain:${port}`,
        "Content-Type": "application/json",
        "Content-Length": Buffer.byteLength(body),
      };
      const sending = request({ agent: this.#agent, method, path, headers }, (answer) => {
        let leftBytes = maxAnswerBytes;
        answer.on("data", (chunk: Buffer) => {
          leftBytes -= chunk.length;
          if (leftBytes < 0) answer.destroy();
        });
        answer.on("error", () => {});
        answer.once("close", () => {
          if ((answer.statusCode ?? 500) < 400) resolve();
          else reject(new Error(`status ${answer.statusCode}`));
        });
      });
      sending.on("error", reject);
      // Answers before the answer are none of ours to wait for, however many there are.
      sending.once("information", () => sending.destroy(new Error("it answers with what was not asked for")));
      sending.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** One event per line. Nobody acknowledges: what the kernel took is gone. */
class TcpDelivery implements Delivery {
  #port: number;
  #connect: (port: number) => Socket;
  #socket: Socket | undefined;

  constructor(port: number, connect: (port: number) => Socket) {
    this.#port = port;
    this.#connect = connect;
  }

  send(batch: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.#open();
      const lost = (): void => reject(new Error("the connection was closed"));
      socket.once("close", lost);
      socket.write(`${batch.join("\n")}\n`, (error) => {
        socket.removeListener("close", lost);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    if (this.#socket) return this.#socket;
    const socket = this.#connect(this.#port);
    this.#socket = socket;
    socket.on("error", () => {});
    socket.once("close", () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    return socket;
  }
}

/**
 * The limit of the design: one thread takes requests apart and hands their bodies to processes that wait for them, and that is all. No signature, no
 * limits, no isolation, no logs, no metrics. What this reaches beside the echo server on the same machine, no supervisor of processes in JavaScript can pass.
 *
 *     node forwarder.ts COUNT
 */
import { spawn } from "node:child_process";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";

type Answer = (body: Buffer) => void;

interface Waiting {
  body: Buffer;
  answer: Answer;
}

process.setMaxListeners(0);

const queue: Waiting[] = [];
const idle: Array<(next: Waiting) => void> = [];

function forward(next: Waiting): void {
  const send = idle.pop();
  if (send) send(next);
  else queue.push(next);
}

/** Frames are a length of four bytes, and so many bytes. */
function startChild(): void {
  const child = spawn(process.execPath, [join(import.meta.dirname, "forwarder-child.mjs")], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const socket = child.stdio[3] as unknown as Socket;
  let answer: Answer | undefined;
  let received: Buffer = Buffer.alloc(0);
  const send = ({ body, answer: wanted }: Waiting): void => {
    answer = wanted;
    const frame = Buffer.allocUnsafe(4 + body.length);
    frame.writeUInt32LE(body.length, 0);
    frame.set(body, 4);
    socket.write(frame);
  };
  socket.on("data", (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    if (received.length < 4 || received.length < 4 + received.readUInt32LE(0)) return;
    answer?.(received.subarray(4));
    received = Buffer.alloc(0);
    const next = queue.shift();
    if (next) send(next);
    else idle.push(send);
  });
}

const headEnd = Buffer.from("\r\n\r\n");

const server = createServer({ noDelay: true }, (socket) => {
  let received: Buffer = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const end = received.indexOf(headEnd);
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(received.toString("latin1", 0, end))?.[1] ?? 0);
    if (received.length < end + 4 + length) return;
    const body = received.subarray(end + 4, end + 4 + length);
    received = Buffer.alloc(0);
    forward({ body, answer: (answer) => respond(socket, answer) });
  });
});

function respond(socket: Socket, body: Buffer): void {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 0, "latin1");
  bytes.set(body, head.length);
  socket.write(bytes);
}

for (let count = Number(process.argv[2]); count > 0; count--) startChild();
server.listen(0, "127.0.0.1", () => process.stdout.write(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
process.on("SIGTERM", () => process.exit(0));

import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { type Delivery, deliveryTo } from "./destination.ts";

/** How a receiver answers the first bytes of each connection. */
async function deliveryAnsweredBy(t: TestContext, answer: (socket: Socket) => void): Promise<Delivery> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("data", () => answer(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const delivery = deliveryTo({ protocol: "HTTP", method: "POST", port, path: "/" }, (to) => connect(to, "127.0.0.1"));
  t.after(() => {
    delivery.close();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return delivery;
}

/** Writes it for as long as the other side reads. */
function writeForever(socket: Socket, text: string): void {
  const more = (): void => {
    while (socket.writable && socket.write(text));
  };
  socket.on("drain", more);
  more();
}

test("an answer below 400 acknowledges a batch, any other does not", async (t) => {
  let status = "204 No Content";
  const delivery = await deliveryAnsweredBy(t, (socket) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`));
  await delivery.send(["{}"]);
  status = "500 Internal Server Error";
  await assert.rejects(delivery.send(["{}"]), { message: "status 500" });
});

test("an answer without an end is read for a while, and then it is over", async (t) => {
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const delivery = await deliveryAnsweredBy(t, (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    writeForever(socket, chunk);
  });
  await delivery.send(["{}"]);
});

test("whoever never comes to its answer has not taken the batch", async (t) => {
  const delivery = await deliveryAnsweredBy(t, (socket) => writeForever(socket, "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n".repeat(100)));
  await assert.rejects(delivery.send(["{}"]));
});

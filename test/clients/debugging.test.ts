/** A function in Python under debugpy, by a client of the protocol that editors speak to it. Node's inspector has its test beside the sandbox. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Runtime } from "@aws-sdk/client-lambda";
import { createFunction, payloadOf } from "#test/functions.ts";
import { layerOfPackages } from "#test/interop.ts";
import { zipOf } from "#test/packages.ts";
import { startProduct } from "#test/product.ts";

const source = `def handler(event, context):
    answer = 6 * event["n"]
    return {"answer": answer, "leftMs": context.get_remaining_time_in_millis()}
`;

interface Message {
  type: string;
  event?: string;
  request_seq?: number;
  body?: Record<string, unknown>;
}

/** https://microsoft.github.io/debug-adapter-protocol/overview */
class DebugAdapter {
  #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #messages = new EventEmitter();
  #count = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk)).on("error", () => {});
  }

  /** When it listens: a connection that is closed at once came too early. */
  static async attach(port: number): Promise<DebugAdapter> {
    for (let attempt = 0; attempt < 600; attempt++) {
      const socket = connect(port, "127.0.0.1");
      const adapter = new DebugAdapter(socket);
      const isGreeted = await Promise.race([adapter.next("output").then(() => true), once(socket, "close").then(() => false)]).catch(
        () => false,
      );
      if (isGreeted) return adapter;
      await pause(100);
    }
    throw new Error("no debugger listens");
  }

  /** The answer's body. `attach` has its answer only after `configurationDone`. */
  async ask(command: string, args: object = {}): Promise<Record<string, unknown>> {
    const seq = ++this.#count;
    const json = JSON.stringify({ seq, type: "request", command, arguments: args });
    this.#socket.write(`Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`);
    const [{ body = {} }] = (await once(this.#messages, `answer ${seq}`)) as [Message];
    return body;
  }

  async next(event: string): Promise<Record<string, unknown>> {
    const [{ body = {} }] = (await once(this.#messages, event)) as [Message];
    return body;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const headEnd = this.#received.indexOf("\r\n\r\n");
      const end = headEnd + 4 + Number(/Content-Length: (\d+)/i.exec(this.#received.toString("latin1", 0, Math.max(headEnd, 0)))?.[1]);
      if (headEnd < 0 || !(this.#received.length >= end)) return;
      const message = JSON.parse(this.#received.toString("utf8", headEnd + 4, end)) as Message;
      this.#received = this.#received.subarray(end);
      this.#messages.emit(message.type === "response" ? `answer ${message.request_seq}` : String(message.event), message);
    }
  }
}

test("a function in Python stops at a breakpoint, and its time with it", async (t) => {
  const layer = await layerOfPackages("debugpy", ["debugpy==1.8.17"]).catch(() => undefined);
  if (layer === undefined) return t.skip("debugpy cannot be had");
  const port = 20_000 + (process.pid % 40_000);
  await using product = await startProduct({}, "--debug", `slow:${port}`);
  const { lambda } = product;
  const { LayerVersionArn } = await lambda.publishLayerVersion({ LayerName: "debugpy", Content: { ZipFile: layer.zip } });
  const code = { ZipFile: await zipOf({ "index.py": source }) };
  const settings = { Runtime: layer.runtime as Runtime, Layers: [LayerVersionArn!], Code: code, Timeout: 1 };
  await createFunction(lambda, "slow", "", settings);

  const answered = lambda.invoke({ FunctionName: "slow", Payload: JSON.stringify({ n: 7 }) });
  const adapter = await DebugAdapter.attach(port);
  try {
    await adapter.ask("initialize", { adapterID: "test", pathFormat: "path" });
    const isReady = adapter.next("initialized");
    void adapter.ask("attach", { pathMappings: [{ localRoot: "/source", remoteRoot: "/var/task" }] });
    await isReady;
    await adapter.ask("setBreakpoints", { source: { path: "/source/index.py" }, breakpoints: [{ line: 3 }] });
    const stopped = adapter.next("stopped");
    await adapter.ask("configurationDone");
    const { reason, threadId } = await stopped;
    const { stackFrames } = (await adapter.ask("stackTrace", { threadId })) as { stackFrames: Array<{ id: number; line: number }> };
    const { result } = await adapter.ask("evaluate", { expression: "answer", frameId: stackFrames[0]!.id });
    assert.deepEqual([reason, stackFrames[0]!.line, result], ["breakpoint", 3, "42"]);
    // Longer than the function may take.
    await pause(1_200);
    await adapter.ask("continue", { threadId });
    const { answer, leftMs } = payloadOf(await answered) as { answer: number; leftMs: number };
    assert.equal(answer, 42);
    assert.ok(leftMs > 3_600_000, String(leftMs));
  } finally {
    adapter.close();
  }
});

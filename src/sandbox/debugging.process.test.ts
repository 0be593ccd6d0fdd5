import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { sleep, systemClock } from "#kit/clock.ts";
import { managedSandbox } from "./fixtures/real-sandbox.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";

/** One connection to a Node inspector: https://chromedevtools.github.io/devtools-protocol/ */
class Inspector {
  #socket: WebSocket;
  #count = 0;
  #events = new EventTarget();

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data)) as { id?: number; method?: string };
      this.#events.dispatchEvent(new CustomEvent(message.method ?? String(message.id), { detail: message }));
    });
  }

  /** When it listens. */
  static async attach(port: number): Promise<Inspector> {
    for (;;) {
      const targets = await fetch(`http://127.0.0.1:${port}/json/list`).then(
        (answer) => answer.json() as Promise<Array<{ webSocketDebuggerUrl: string }>>,
        () => [],
      );
      if (targets[0]) {
        const socket = new WebSocket(targets[0].webSocketDebuggerUrl);
        await once(socket, "open");
        return new Inspector(socket);
      }
      await sleep(systemClock, 20);
    }
  }

  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#count;
    const answered = once(this.#events, String(id));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const [event] = (await answered) as [CustomEvent<{ result: Record<string, unknown> }>];
    return event.detail.result;
  }

  next(event: string): Promise<unknown> {
    return once(this.#events, event);
  }

  close(): void {
    this.#socket.close();
  }
}

test("a function that is to be debugged waits for its debugger, which sees it run, and for nobody else", async (t) => {
  const port = 20_000 + (process.pid % 40_000);
  const source = "exports.handler = async () => {\n  const answer = 6 * 7;\n  debugger;\n  return answer;\n};";
  const real = await managedSandbox(t, source, { debugged: new Map([["hello", port]]), standbys: 1 });
  const spec = specOf({ runtime: "nodejs26.x", timeoutMs: 1_000 });
  const invocation = real.sandbox.invoke(spec, requestOf());
  const inspector = await Inspector.attach(port);
  t.after(() => inspector.close());
  await inspector.send("Debugger.enable");
  const paused = inspector.next("Debugger.paused");
  await inspector.send("Runtime.runIfWaitingForDebugger");
  await paused;
  // Longer than the function may take.
  await sleep(systemClock, 1_200);
  await inspector.send("Debugger.resume");
  assert.equal(Buffer.from((await invocation).payload).toString(), "42");
  // Between invocations it answers, too.
  const { result } = (await inspector.send("Runtime.evaluate", { expression: "1 + 1" })) as { result: { value: number } };
  assert.equal(result.value, 2);
  const other = await real.sandbox.invoke(
    specOf({ key: "other", functionName: "other", runtime: "nodejs26.x", timeoutMs: 30_000 }),
    requestOf(),
  );
  assert.equal(Buffer.from(other.payload).toString(), "42");
});

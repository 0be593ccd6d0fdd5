import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { randomIds } from "#kit/ids.ts";
import type { Extension } from "./extension.ts";
import { ExtensionRefused, ExtensionRegistry, maxExtensions, type ExtensionEvent } from "./registry.ts";

const invoke: Extract<ExtensionEvent, { eventType: "INVOKE" }> = {
  eventType: "INVOKE",
  deadlineMs: 1,
  requestId: "r1",
  invokedFunctionArn: "arn",
  tracing: { type: "X-Amzn-Trace-Id", value: "Root=1" },
};
const shutdown = { eventType: "SHUTDOWN", deadlineMs: 2, shutdownReason: "spindown" } as const;

/** As much of a parked answer as the registry touches. */
class Poll {
  destroyed = false;
  readonly events: ExtensionEvent[] = [];

  writeHead(): this {
    return this;
  }

  end(json: string): void {
    this.events.push(JSON.parse(json) as ExtensionEvent);
  }

  get reply(): ServerResponse {
    return this as unknown as ServerResponse;
  }
}

function open(): { registry: ExtensionRegistry; gaveUp: Extension[] } {
  const gaveUp: Extension[] = [];
  return { registry: new ExtensionRegistry(randomIds, (extension) => gaveUp.push(extension)), gaveUp };
}

function poll(registry: ExtensionRegistry, extension: Extension): Poll {
  const asked = new Poll();
  registry.park(extension, asked.reply);
  return asked;
}

const refusal = (type: string, message: string | RegExp) => (error: Error) => {
  assert.ok(error instanceof ExtensionRefused);
  assert.equal(error.type, type);
  if (typeof message === "string") assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};

test("without extensions nobody waits", () => {
  const { registry } = open();
  let calls = 0;
  registry.whenRegistered(() => calls++);
  registry.whenReady(() => calls++);
  registry.whenIdle(() => calls++);
  assert.equal(calls, 3);
});

test("each phase ends when all extensions have done their part", () => {
  const { registry } = open();
  const seen: string[] = [];
  registry.expect("a");
  registry.expect("b");
  registry.whenRegistered(() => seen.push("registered"));
  const a = registry.register("a", ["INVOKE", "SHUTDOWN"]);
  assert.equal(seen.length, 0);
  const b = registry.register("b", []);
  const inner = registry.register("inner", ["INVOKE"]);
  assert.deepEqual([a.isExternal, inner.isExternal, seen.join()], [true, false, "registered"]);
  registry.whenReady(() => seen.push("ready"));
  const polls = [a, b, inner].map((extension) => poll(registry, extension));
  assert.equal(seen.join(), "registered,ready");
  registry.invoke(invoke);
  assert.deepEqual(
    polls.map(({ events }) => events.length),
    [1, 0, 1],
  );
  registry.whenIdle(() => seen.push("idle"));
  poll(registry, a);
  assert.equal(seen.includes("idle"), false);
  poll(registry, inner);
  assert.equal(seen.at(-1), "idle");
});

test("the end is told to those who wait, and later to those who do not yet", () => {
  const { registry } = open();
  registry.expect("idle");
  registry.expect("busy");
  const [idle, busy] = [registry.register("idle", ["SHUTDOWN"]), registry.register("busy", ["INVOKE", "SHUTDOWN"])];
  const [idlePoll, busyPoll] = [poll(registry, idle), poll(registry, busy)];
  registry.invoke(invoke);
  registry.sayFarewell(shutdown);
  assert.deepEqual(idlePoll.events, [shutdown]);
  assert.deepEqual(busyPoll.events, [invoke]);
  assert.deepEqual(poll(registry, busy).events, [shutdown]);
  // Once: whoever asks for more waits for its end.
  assert.deepEqual(
    [poll(registry, idle), poll(registry, busy)].flatMap(({ events }) => events),
    [],
  );
});

test("what comes at the wrong time is refused in AWS's words", () => {
  const { registry } = open();
  registry.expect("a");
  const a = registry.register("a", ["INVOKE"]);
  const state = "Extension.InvalidExtensionState";
  assert.throws(
    () => registry.register("a", []),
    refusal(state, /^State transition from Registered to Registered failed for extension a\. Error: State transition is not allowed$/),
  );
  poll(registry, a);
  assert.throws(
    () => poll(registry, a),
    refusal(state, `State transition from Ready to Ready failed for extension ${a.id}. Error: State transition is not allowed`),
  );
  assert.throws(() => registry.reportError(a, "InitError", "E"), refusal(state, /from Ready to InitError/));
  assert.throws(() => registry.find("x"), refusal("Extension.UnknownExtensionIdentifier", "Unknown extension x"));
  assert.throws(() => registry.register("b", ["REBOOT"]), refusal("Extension.InvalidEventType", "REBOOT: ErrorInvalidEventType"));
  assert.throws(
    () => registry.register("b", ["SHUTDOWN"]),
    refusal("Extension.InvalidEventType", "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension"),
  );
  registry.register("b", []);
  assert.throws(() => registry.register("b", []), refusal(state, "Extension with this name already registered"));
  for (let count = registry.all.length; count < maxExtensions; count++) registry.register(`n${count}`, []);
  assert.throws(() => registry.register("one too many", []), refusal("Extension.TooManyExtensions", "Extension limit (10) reached"));
  registry.whenReady(() => {});
  assert.throws(() => registry.register("late", []), refusal("Extension.RegistrationClosed", "Extension registration closed already"));
});

test("a part of the runtime that gives up is heard of at once, a process when it ends", () => {
  const { registry, gaveUp } = open();
  registry.expect("outer");
  const [outer, inner] = [registry.register("outer", []), registry.register("inner", [])];
  registry.reportError(outer, "InitError", "Extension.First");
  registry.reportError(outer, "InitError", "Extension.Second");
  registry.reportError(inner, "ExitError", "Extension.Inner");
  assert.equal(outer.errorType, "Extension.First");
  assert.deepEqual(gaveUp, [inner]);
});

test("who has given up waiting is not called", () => {
  const { registry } = open();
  registry.expect("a");
  registry.whenRegistered(() => assert.fail("nobody waits"));
  registry.giveUp();
  registry.register("a", []);
});

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock, type Clock } from "#kit/clock.ts";
import type { InvocationOutcome, LogLine, ResponseSink } from "./contract.ts";
import { initLimitMs } from "./init-limits.ts";
import { framedSandbox, outputDelayMs, type RealSandbox } from "./fixtures/real-sandbox.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";

const json = (outcome: InvocationOutcome): any => JSON.parse(Buffer.from(outcome.payload).toString());

/** Invokes, waits until the environment is free again, and gives the answer. */
async function invoke({ sandbox }: RealSandbox, event: unknown = {}, timeoutMs = 3_000): Promise<InvocationOutcome> {
  const outcome = await sandbox.invoke(specOf({ timeoutMs }), requestOf(event));
  await outcome.finished;
  return outcome;
}

test("an invocation answers, logs around itself in order, and gives the tail on request", async (t) => {
  const { sandbox, sink } = await framedSandbox(
    t,
    `serve(async (event, header) => {
      console.log("printed");
      log("framed\\nin two lines");
      process.stderr.write(Buffer.from([0x62, 0xff, 0x0a]));
      await new Promise((resolve) => setTimeout(resolve, ${outputDelayMs()}));
      return { event, header, handler: process.env._HANDLER };
    });`,
  );
  const request = requestOf({ a: 1 }, { tailLog: true, clientContext: '{"c":1}' });
  const outcome = await sandbox.invoke(specOf(), request);
  const { event, header, handler } = json(outcome);
  assert.deepEqual(event, { a: 1 });
  assert.equal(handler, "index.handler");
  assert.equal(header.requestId, request.requestId);
  assert.equal(header.clientContext, '{"c":1}');
  assert.ok(Math.abs(header.deadlineMs - Date.now() - 3_000) < 1_000);
  assert.equal(outcome.functionError, undefined);
  await outcome.finished;
  const [initStart, start, ...rest] = sink.messages;
  assert.match(initStart ?? "", /^INIT_START Runtime Version: nodejs:\d+\.v1\tRuntime Version ARN: arn:/);
  assert.equal(start, `START RequestId: ${request.requestId} Version: $LATEST`);
  assert.deepEqual(rest.slice(0, -2).sort(), ["b\ufffd", "framed\nin two lines", "printed"]);
  assert.equal(rest.at(-2), `END RequestId: ${request.requestId}`);
  assert.match(
    rest.at(-1) ?? "",
    /^REPORT .*\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: [1-9]\d* MB\tInit Duration: [\d.]+ ms\t$/,
  );
  assert.equal(outcome.logTail?.toString(), [start, ...rest].map((line) => `${line}\n`).join(""));
});

test("the error of a handler is passed on byte by byte, and the environment lives on", async (t) => {
  const real = await framedSandbox(
    t,
    `let n = 0; serve(async () => { if (n++ === 0) send(0x84, '{"errorType": "Boom" }'); else return n; });`,
  );
  const outcome = await invoke(real);
  assert.equal(Buffer.from(outcome.payload).toString(), '{"errorType": "Boom" }');
  assert.equal(outcome.functionError, "Unhandled");
  assert.equal(json(await invoke(real)), 2);
});

test("a timeout answers in AWS's words, kills every process, keeps /tmp, and the next invocation initialises again", async (t) => {
  const real = await framedSandbox(
    t,
    `const temp = process.env.TMPDIR ?? "/tmp";
    appendFileSync(temp + "/starts", "x");
    process.on("SIGTERM", () => {});
    serve(async (event) => {
      if (event.hang) {
        spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
        spawn("sh", ["-c", "trap '' TERM; sleep 1000 & wait"], { stdio: "inherit" });
        console.log("last words");
        await new Promise((resolve) => setTimeout(resolve, 100));
        for (;;);
      }
      return readFileSync(temp + "/starts", "utf8").length;
    });`,
  );
  assert.equal(json(await invoke(real, {}, 2_000)), 1);
  const outcome = await invoke(real, { hang: true }, 2_000);
  assert.match(
    Buffer.from(outcome.payload).toString(),
    /^\{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: request-\d+ Error: Task timed out after 2.00 seconds"\}$/,
  );
  assert.equal(outcome.functionError, "Unhandled");
  assert.deepEqual(await real.processes(), []);
  const { messages } = real.sink;
  assert.ok(messages.includes("last words"));
  assert.match(messages.at(-3) ?? "", /^\d{4}-.*Z request-\d+ Task timed out after 2.00 seconds$/);
  assert.match(messages.at(-1) ?? "", /\tDuration: 2000.00 ms\tBilled Duration: 2000 ms\t.*\tStatus: timeout$/);
  assert.equal(json(await invoke(real, {}, 2_000)), 2);
  assert.doesNotMatch(real.sink.messages.at(-1) ?? "", /Init Duration/);
});

const exits = [
  { how: "process.exit(7)", message: "Runtime exited with error: exit status 7" },
  { how: "process.exit(0)", message: "Runtime exited without providing a reason" },
  { how: 'process.kill(process.pid, "SIGKILL"); for (;;);', message: "Runtime exited with error: signal: killed" },
  { how: "process.abort()", message: "Runtime exited with error: signal: aborted" },
];
for (const { how, message } of exits) {
  test(`a runtime that dies by ${how} is reported and replaced`, async (t) => {
    const real = await framedSandbox(t, `serve(async (event) => { if (event.die) { ${how} } return performance.timeOrigin; });`);
    const startedAt = json(await invoke(real));
    const outcome = await invoke(real, { die: true });
    assert.equal(outcome.functionError, "Unhandled");
    assert.equal(json(outcome).errorType, "Runtime.ExitError");
    assert.match(json(outcome).errorMessage, new RegExp(`^RequestId: request-\\d+ Error: ${message}$`));
    assert.match(real.sink.messages.at(-1) ?? "", /Status: error\tError Type: Runtime.ExitError$/);
    assert.notEqual(json(await invoke(real)), startedAt);
  });
}

for (const size of [10, 5_000_000]) {
  test(`an answer of ${size} bytes that was written before the exit counts`, async (t) => {
    const real = await framedSandbox(
      t,
      `serve(async (event) => { send(0x83, JSON.stringify("x".repeat(event.size))); process.exit(1); });`,
    );
    assert.equal(json(await invoke(real, { size })).length, size);
  });
}

test("an error before the exit is the answer, and the next invocation goes elsewhere", async (t) => {
  const dying = `send(0x8d, '{"errorType":"Last"}'); await new Promise((resolve) => setTimeout(resolve, 50)); process.exit(9);`;
  const real = await framedSandbox(t, `serve(async (event) => { if (event.die) { ${dying} } return performance.timeOrigin; });`);
  const startedAt = json(await invoke(real));
  const outcome = await invoke(real, { die: true });
  assert.deepEqual([outcome.functionError, json(outcome)], ["Unhandled", { errorType: "Last" }]);
  assert.ok(json(await invoke(real)) > startedAt);
  assert.match(real.sink.messages.find((message) => message.includes("exit status 9")) ?? "", /Runtime exited with error/);
});

test("a failed initialisation is repeated inside the invocation, whose outcome it becomes", async (t) => {
  const real = await framedSandbox(
    t,
    `console.log("loading"); send(0x82, '{"errorType":"Runtime.ImportModuleError","errorMessage":"no"}'); process.exit(1);`,
  );
  const outcome = await invoke(real);
  assert.deepEqual(json(outcome), { errorType: "Runtime.ImportModuleError", errorMessage: "no" });
  assert.equal(real.sink.messages.filter((line) => line === "loading").length, 2);
  assert.match(
    real.sink.messages.join("\n"),
    /INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError/,
  );
  assert.match(real.sink.messages.join("\n"), /INIT_REPORT Init Duration: [\d.]+ ms\tPhase: invoke\tStatus: error/);
});

test("an initialisation that takes too long is repeated within the function's time", async (t) => {
  const hurried: Clock = { ...systemClock, after: (ms, action) => systemClock.after(ms === initLimitMs ? 300 : ms, action) };
  const real = await framedSandbox(t, `await new Promise((resolve) => setTimeout(resolve, 1_000)); serve(async () => "slow");`, {
    clock: hurried,
  });
  assert.equal(json(await invoke(real, {}, 20_000)), "slow");
  assert.match(real.sink.messages[1] ?? "", /Phase: init\tStatus: timeout$/);
});

const violations = [
  { name: "an unknown type", code: "send(0x33)" },
  { name: "a frame out of order", code: "send(0x81)" },
  { name: "a chunk without a head", code: 'send(0x87, "x")' },
  { name: "a log frame without a time", code: 'send(0x85, "x")' },
  { name: "garbage", code: "writeSync(3, Buffer.alloc(64, 0xff))" },
];
for (const { name, code } of violations) {
  test(`${name} ends the process, not us`, async (t) => {
    const real = await framedSandbox(t, `serve(async (event) => { if (event.bad) { ${code}; for (;;); } return "fine"; });`);
    assert.equal(json(await invoke(real, { bad: true })).errorType, "Runtime.ExitError");
    assert.equal(json(await invoke(real)), "fine");
  });
}

test("an answer that is too large says so, also when its frame is larger than any may be", async (t) => {
  const real = await framedSandbox(t, `serve(async (event) => { send(0x83, Buffer.alloc(event.size, "x")); });`);
  const tooLarge = {
    errorType: "Function.ResponseSizeTooLarge",
    errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
  };
  assert.equal((await invoke(real, { size: 6_291_556 })).payload.length, 6_291_556);
  assert.deepEqual(json(await invoke(real, { size: 6_291_557 })), tooLarge);
  assert.deepEqual(json(await invoke(real, { size: 20_000_000 })), tooLarge);
  assert.equal((await invoke(real, { size: 5 })).functionError, undefined);
});

test("a streamed answer is put together, with its content type, and may break", async (t) => {
  const real = await framedSandbox(
    t,
    `serve(async (event) => {
      send(0x86, "text/html");
      for (let i = 0; i < event.chunks; i++) send(0x87, Buffer.alloc(event.size, "x"));
      send(0x88, event.error ?? "");
    });`,
  );
  const outcome = await invoke(real, { chunks: 3, size: 2 });
  assert.deepEqual([Buffer.from(outcome.payload).toString(), outcome.contentType], ["xxxxxx", "text/html"]);
  assert.equal(json(await invoke(real, { chunks: 700, size: 10_000 })).errorType, "Function.ResponseSizeTooLarge");
  const broken = await invoke(real, { chunks: 1, size: 1, error: '{"errorType":"Late"}' });
  assert.deepEqual([json(broken).errorType, broken.functionError], ["Late", "Unhandled"]);
});

test("whoever reads a streamed answer slowly holds up its runtime", async (t) => {
  const real = await framedSandbox(
    t,
    `serve(async ({ chunks, size }) => {
      send(0x86, "text/html");
      for (let i = 0; i < chunks; i++) send(0x87, Buffer.alloc(size, "x"));
      send(0x88);
    });`,
  );
  let takenBytes = 0;
  const [begun, room] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
  const stream: ResponseSink = {
    begin: begun.resolve,
    write(bytes) {
      takenBytes += bytes.length;
      return room.promise;
    },
  };
  const outcome = real.sandbox.invoke(specOf({ timeoutMs: 30_000 }), { ...requestOf({ chunks: 200, size: 100_000 }), stream });
  assert.equal(await begun.promise, "text/html");
  await pause(300);
  assert.ok(takenBytes < 2_000_000, `${takenBytes} bytes are waiting here`);
  room.resolve();
  assert.equal((await outcome).functionError, undefined);
  assert.equal(takenBytes, 20_000_000);
});

test("environments keep their own /tmp between invocations and never share it", async (t) => {
  const real = await framedSandbox(
    t,
    `const temp = process.env.TMPDIR ?? "/tmp";
    serve(async (event) => {
      if (event.write) writeFileSync(temp + "/" + event.write, "");
      await new Promise((resolve) => setTimeout(resolve, 150));
      return readdirSync(temp).filter((name) => name.startsWith("mark"));
    });`,
  );
  const [one, two] = await Promise.all([invoke(real, { write: "mark-1" }), invoke(real, { write: "mark-2" })]);
  assert.deepEqual([json(one), json(two)], [["mark-1"], ["mark-2"]]);
  const again = await invoke(real);
  assert.equal(json(again).length, 1);
});

test("only what was given is inherited: variables and descriptors", async (t) => {
  const real = await framedSandbox(t, `serve(async () => ({ variables: process.env, descriptors: readdirSync("/proc/self/fd") }));`);
  const { variables } = json(await invoke(real));
  const strangers = Object.keys(process.env).filter((name) => name in variables && variables[name] === process.env[name]);
  assert.deepEqual(
    strangers.filter((name) => !["LANG", "PWD", "TZ", "PATH"].includes(name)),
    [],
  );
  assert.equal(variables.AWS_LAMBDA_FUNCTION_NAME, "hello");
});

test("a flood of output is taken at the sink's pace, in bounded memory", async (t) => {
  let bytes = 0;
  let largestBatchBytes = 0;
  const sink = {
    async write(_: unknown, lines: readonly LogLine[]) {
      const batchBytes = lines.reduce((sum, line) => sum + line.message.length, 0);
      largestBatchBytes = Math.max(largestBatchBytes, batchBytes);
      bytes += batchBytes;
      await pause(1);
    },
  };
  const script = `serve(async () => { for (let i = 0; i < 100; i++) writeSync(1, "x".repeat(999_999) + "\\n"); return "done"; });`;
  const real = await framedSandbox(t, script, { sink });
  const beforeBytes = process.memoryUsage().rss;
  assert.equal(json(await invoke(real, {}, 60_000)), "done");
  assert.ok(bytes > 99_999_900, `${bytes} bytes arrived`);
  assert.ok(largestBatchBytes < 2 * 1024 * 1024, `${largestBatchBytes} bytes at once`);
  assert.ok(process.memoryUsage().rss - beforeBytes < 100 * 1024 * 1024);
});

test("draining lets the running finish, refuses the new, and leaves neither process nor folder", async (t) => {
  const script = `serve(async () => { spawn("sleep", ["1000"], { detached: true, stdio: "ignore" }).unref(); await new Promise((r) => setTimeout(r, 200)); return "finished"; });`;
  const real = await framedSandbox(t, script);
  const running = real.sandbox.invoke(specOf(), requestOf());
  while ((await real.processes()).length < 2) await pause(10);
  const drained = real.sandbox.drain(5_000);
  await assert.rejects(real.sandbox.invoke(specOf(), requestOf()), { name: "SandboxFailure", reason: "stopping" });
  assert.equal(json(await running), "finished");
  await drained;
  assert.deepEqual(await real.processes(), []);
  assert.deepEqual(
    (await readdir(real.runFolder)).filter((name) => name.startsWith("env-")),
    [],
  );
});

test("who runs longer than the grace of a drain is ended and rejected", async (t) => {
  const real = await framedSandbox(t, `serve(async () => { for (;;); });`);
  const running = real.sandbox.invoke(specOf(), requestOf());
  while ((await real.processes()).length === 0) await pause(10);
  await pause(100);
  await Promise.all([real.sandbox.drain(10), assert.rejects(running, { name: "SandboxFailure", reason: "stopping" })]);
  assert.deepEqual(await real.processes(), []);
});

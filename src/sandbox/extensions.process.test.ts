import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { managedSandbox, outputDelayMs, type RealSandbox } from "./fixtures/real-sandbox.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";

/** What the extensions of these tests have in common; `story` is what one does with its events. */
const extension = (story: string): string => `#!/usr/bin/env node
const { createServer } = require("node:http");
const name = require("node:path").basename(__filename);
const base = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2020-01-01/extension";
let id;
const register = async (events, headers = {}) => {
  const answer = await fetch(base + "/register", {
    method: "POST", body: JSON.stringify({ events }), headers: { "Lambda-Extension-Name": name, ...headers },
  });
  id = answer.headers.get("lambda-extension-identifier");
  return answer.json();
};
const next = async () => (await fetch(base + "/event/next", { headers: { "Lambda-Extension-Identifier": id } })).json();
const fail = (phase, type) => fetch(base + "/" + phase + "/error", {
  method: "POST", headers: { "Lambda-Extension-Identifier": id, "Lambda-Extension-Function-Error-Type": type },
});
const subscribe = async (version, api, body) => {
  const answer = await fetch("http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/" + version + "/" + api, {
    method: "PUT", body: JSON.stringify(body), headers: { "Lambda-Extension-Identifier": id },
  });
  return [answer.status, await answer.json()];
};
(async () => { ${story} })();
`;

const handler = `exports.handler = async (event) => {
  if (event.exit) process.exit(event.exit);
  if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (event.say) console.log(event.say);
  return { answered: true };
};
process.once("SIGTERM", () => { console.log("runtime: SIGTERM"); process.exit(0); });`;

async function withExtensions(t: TestContext, stories: Record<string, string>, source = handler): Promise<RealSandbox> {
  const files = Object.fromEntries(
    Object.entries(stories).map(([name, story]) => [`layers/extensions/${name}`, story.startsWith("#!") ? story : extension(story)]),
  );
  return managedSandbox(t, source, { files });
}

const spec = specOf({ layerDigests: ["1".repeat(64)], runtime: "nodejs26.x", timeoutMs: 30_000 });

async function invoked({ sandbox }: RealSandbox, payload: unknown = {}, wanted = spec): Promise<Record<string, unknown>> {
  const outcome = await sandbox.invoke(wanted, requestOf(payload));
  await outcome.finished;
  await pause(outputDelayMs());
  return JSON.parse(Buffer.from(outcome.payload).toString()) as Record<string, unknown>;
}

const loop =
  "for (;;) { const event = await next(); console.log(name, JSON.stringify(event)); if (event.eventType === 'SHUTDOWN') process.exit(0); }";

test("extensions start before the runtime, are told of invocations and of the end, and log to the function's stream", async (t) => {
  const real = await withExtensions(t, {
    alpha: `console.log(JSON.stringify(await register(["INVOKE", "SHUTDOWN"], { "Lambda-Extension-Accept-Feature": "accountId" }))); ${loop}`,
    beta: `await register([]); console.log("beta", Object.keys(process.env).filter((key) => /^(_HANDLER|LAMBDA_|AWS_)/.test(key)).join()); ${loop}`,
  });
  assert.deepEqual(await invoked(real), { answered: true });
  await real.sandbox.drain(0);
  const { messages } = real.sink;
  const all = messages.join("\n");
  assert.match(all, /\{"accountId":"000000000000","functionName":"hello","functionVersion":"\$LATEST","handler":"index\.handler"\}/);
  assert.match(all, /EXTENSION\tName: alpha\tState: Ready\tEvents: \[INVOKE, SHUTDOWN\]\n/);
  assert.match(all, /EXTENSION\tName: beta\tState: Ready\tEvents: \[\]\n/);
  const event = messages.find((line) => line.startsWith('alpha {"eventType":"INVOKE"'));
  assert.match(
    event ?? "",
    /"deadlineMs":\d{13},"requestId":"request-\d+","invokedFunctionArn":"arn:[^"]+","tracing":\{"type":"X-Amzn-Trace-Id","value":"Root=/,
  );
  assert.match(all, /alpha \{"eventType":"SHUTDOWN","deadlineMs":\d{13},"shutdownReason":"spindown"\}/);
  assert.doesNotMatch(all, /beta \{/);
  const seen =
    messages
      .find((line) => line.startsWith("beta "))
      ?.slice(5)
      .split(",") ?? [];
  assert.ok(seen.includes("AWS_LAMBDA_RUNTIME_API") && seen.includes("AWS_SESSION_TOKEN") && seen.includes("AWS_LAMBDA_FUNCTION_NAME"));
  for (const hidden of ["_HANDLER", "LAMBDA_TASK_ROOT", "AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_STREAM_NAME"])
    assert.ok(!seen.includes(hidden), hidden);
  // The runtime is asked first.
  const [runtimeEnd, extensionEnd] = ["runtime: SIGTERM", 'alpha {"eventType":"SHUTDOWN"'].map((text) =>
    messages.findIndex((line) => line.includes(text)),
  );
  assert.ok(runtimeEnd! !== -1 && runtimeEnd! < extensionEnd!, all);
  assert.deepEqual(await real.processes(), []);
});

test("the answer does not wait for extensions, the next invocation and the report do", async (t) => {
  const real = await withExtensions(t, {
    slow: `await register(["INVOKE"]); for (;;) { await next(); await new Promise((resolve) => setTimeout(resolve, 300)); }`,
  });
  await invoked(real);
  let isFinished = false;
  const outcome = await real.sandbox.invoke(spec, requestOf());
  void outcome.finished.then(() => (isFinished = true));
  assert.equal(isFinished, false);
  await outcome.finished;
  const report = real.sink.messages.findLast((line) => line.startsWith("REPORT")) ?? "";
  assert.ok(Number(/Duration: ([\d.]+) ms/.exec(report)?.[1]) >= 290, report);
});

test("an extension that ends, or says that it cannot, fails the initialisation in AWS's words", async (t) => {
  const stories: Array<[story: string, errorType: string, message: string, state: string]> = [
    [`await register(["INVOKE"]); process.exit(0);`, "Extension.Crash", "exit code 0", "Registered\tEvents: [INVOKE]"],
    [`process.exit(3);`, "Extension.Crash", "exit status 3", "Started\tEvents: []"],
    [`await register([]); process.kill(process.pid, "SIGKILL");`, "Extension.Crash", "signal: killed", "Registered\tEvents: []"],
    [
      `await register(["SHUTDOWN"]); await fail("init", "Extension.NoConfiguration"); process.exit(1);`,
      "Extension.InitError",
      "exit status 1",
      "InitError\tEvents: [SHUTDOWN]\tError Type: Extension.NoConfiguration",
    ],
    [
      `await register([]); await fail("exit", "Extension.Tired"); process.exit(0);`,
      "Extension.ExitError",
      "exit code 0",
      "ExitError\tEvents: []\tError Type: Extension.Tired",
    ],
  ];
  const cases = stories.map(([story], index) => `case "${index}": ${story} break;`);
  const real = await withExtensions(t, { broken: `switch (process.env.STORY) { ${cases.join(" ")} }` });
  for (const [index, [story, errorType, message, state]] of stories.entries()) {
    const answer = await invoked(real, {}, { ...spec, key: `story-${index}`, variables: { STORY: String(index) } });
    assert.equal(answer.errorType, errorType, story);
    assert.match(answer.errorMessage as string, new RegExp(`^RequestId: request-\\d+ Error: ${message}$`));
    const all = real.sink.lines
      .splice(0)
      .map((line) => line.message)
      .join("\n");
    assert.ok(all.includes(`EXTENSION\tName: broken\tState: ${state}\n`), all);
    assert.match(all, new RegExp(`INIT_REPORT Init Duration: [\\d.]+ ms\tPhase: init\tStatus: error\tError Type: ${errorType}\n`));
    assert.match(all, new RegExp(`REPORT RequestId: .*\tStatus: error\tError Type: ${errorType}$`, "m"));
  }
});

test("what cannot be started is said as AWS says it", async (t) => {
  const real = await withExtensions(t, { alien: "#!/no/such/interpreter\n" });
  const answer = await invoked(real);
  assert.equal(answer.errorType, "Extension.LaunchError");
  assert.match(answer.errorMessage as string, /Error: fork\/exec \/opt\/extensions\/alien: no such file or directory$/);
  assert.ok(real.sink.messages.includes("EXTENSION\tName: alien\tState: LaunchError\tEvents: []\tError Type: UnknownError"));
  const many = await withExtensions(
    t,
    Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`number-${index}`, "await register([])"])),
  );
  assert.equal((await invoked(many)).errorMessage?.toString().endsWith("Error: ErrTooManyExtensions"), true);
});

test("after a crash or a timeout extensions are told why, and the environment initialises again", async (t) => {
  const watcher = `await register(["INVOKE", "SHUTDOWN"]); ${loop}`;
  const reasons = ({ sink }: RealSandbox): string[] => sink.messages.flatMap((line) => /"shutdownReason":"(\w+)"/.exec(line)?.[1] ?? []);
  const crashing = await withExtensions(t, { watcher });
  assert.match((await invoked(crashing, { exit: 7 })).errorMessage as string, /Error: Runtime exited with error: exit status 7$/);
  assert.deepEqual(await invoked(crashing), { answered: true });
  assert.deepEqual(reasons(crashing), ["failure"]);
  const hanging = await withExtensions(t, { watcher });
  const answer = await invoked(hanging, { hang: true }, { ...spec, timeoutMs: 1_000 });
  assert.match(answer.errorMessage as string, /Task timed out after 1\.00 seconds$/);
  assert.deepEqual(reasons(hanging), ["timeout"]);
});

test("the end is told once, and who did not ask to be told does not see it", async (t) => {
  const real = await withExtensions(t, {
    // As AWS's own Rust library does.
    stayer: `await register(["SHUTDOWN"]); for (;;) console.log("stayer", id, (await next()).eventType);`,
    silent: `await register([]); setInterval(() => require("node:fs").writeFileSync("/tmp/beat", ""), 20); await next();`,
    watcher: `await register(["SHUTDOWN"]);
      await next();
      const beat = async (delayMs) => {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        return require("node:fs").statSync("/tmp/beat").mtimeMs;
      };
      console.log("silent is", (await beat(500)) === (await beat(300)) ? "gone" : "there");
      process.exit(0);`,
  });
  assert.deepEqual(await invoked(real), { answered: true });
  await real.sandbox.drain(0);
  const { messages } = real.sink;
  // On a busy machine the environment may have had to initialise twice.
  const told = messages.filter((line) => line.startsWith("stayer "));
  assert.ok(told.length > 0 && new Set(told).size === told.length, told.join());
  assert.ok(!messages.includes("silent is there"));
  assert.deepEqual(await real.processes(), []);
});

test("an extension that does not come back makes the invocation time out, after its caller has the answer", async (t) => {
  const real = await withExtensions(t, {
    stuck: `await register(["INVOKE"]); await next(); await new Promise(() => setInterval(() => {}, 1e6));`,
  });
  assert.deepEqual(await invoked(real, {}, { ...spec, timeoutMs: 1_000 }), { answered: true });
  assert.match(real.sink.messages.at(-1) ?? "", /^REPORT .*\tDuration: 1000\.00 ms\t.*\tStatus: timeout$/);
});

test("a part of the runtime can be an extension, for invocations only", async (t) => {
  const source = `
    const base = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2020-01-01/extension";
    const register = (name, events) => fetch(base + "/register", { method: "POST", body: JSON.stringify({ events }), headers: { "Lambda-Extension-Name": name } });
    const refused = await register("inner", ["SHUTDOWN"]);
    const seen = [[refused.status, await refused.json()]];
    const answer = await register("inner", ["INVOKE"]);
    const headers = { "Lambda-Extension-Identifier": answer.headers.get("lambda-extension-identifier") };
    (async () => { for (;;) seen.push((await (await fetch(base + "/event/next", { headers })).json()).eventType); })();
    process.on("SIGTERM", () => { console.log("bye"); process.exit(0); });
    export const handler = async () => seen;`;
  const real = await managedSandbox(t, "", { files: { "code/main.mjs": source } });
  const plain = specOf({ runtime: "nodejs26.x", handler: "main.handler", timeoutMs: 30_000 });
  const late = await invoked(real, {}, plain);
  assert.deepEqual((late as unknown as unknown[])[0], [
    403,
    { errorMessage: "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension", errorType: "Extension.InvalidEventType" },
  ]);
  const again = (await invoked(real, {}, plain)) as unknown as unknown[];
  assert.equal(again[1], "INVOKE");
  assert.ok(real.sink.messages.includes("EXTENSION\tName: inner\tState: Ready\tEvents: [INVOKE]"));
  await real.sandbox.drain(0);
  assert.match(real.sink.messages.at(-1) ?? "", /\tbye$/);
});

const listener = (port: number): string => `
  const batches = [];
  createServer((request, reply) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk)).on("end", () => { batches.push(...JSON.parse(body)); reply.end(); });
  }).listen(${port}, "127.0.0.1");`;

type Metered = Record<string, unknown> & { metrics?: Record<string, number> };

test("telemetry comes over HTTP in the order of events, with what was before the subscription", async (t) => {
  const port = 20_000 + (process.pid % 20_000);
  const real = await withExtensions(t, {
    listener: `${listener(port)}
      await register(["INVOKE", "SHUTDOWN"]);
      const wanted = { schemaVersion: "2022-12-13", types: ["platform", "function"], buffering: { timeoutMs: 25 },
        destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:${port}/here" } };
      const answers = [await subscribe("2022-07-01", "telemetry", { ...wanted, types: [] }), await subscribe("2022-07-01", "telemetry", wanted),
        await subscribe("2020-08-15", "logs", { ...wanted, schemaVersion: "2020-08-15" })];
      console.log(JSON.stringify(answers));
      await next();
      console.log(JSON.stringify(await subscribe("2022-07-01", "telemetry", wanted)));
      while (!batches.some(({ type }) => type === "platform.runtimeDone")) await new Promise((resolve) => setTimeout(resolve, 10));
      await next();
      while (batches.filter(({ type }) => type === "platform.runtimeDone").length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
      console.log("telemetry " + JSON.stringify(batches));
      await next();
      process.exit(0);`,
  });
  await invoked(real, { say: "first words" });
  await invoked(real);
  const line = real.sink.messages.find((message) => message.startsWith("telemetry "));
  const events = JSON.parse(line?.slice(10) ?? "[]") as Array<{ time: string; type: string; record: Metered }>;
  assert.deepEqual(
    events.map(({ type }) => type.replace("platform.", "")),
    [
      "initStart",
      "telemetrySubscription",
      "initRuntimeDone",
      "extension",
      "initReport",
      "start",
      "function",
      "runtimeDone",
      "report",
      "start",
      "runtimeDone",
    ],
  );
  const [initStart, subscription, initRuntimeDone, , initReport, start, printed, runtimeDone, report] = events.map(
    ({ record }) => record,
  ) as [Metered, ...Metered[]];
  assert.equal(initStart.initializationType, "on-demand");
  assert.equal(initStart.functionName, "hello");
  assert.deepEqual(subscription, { name: "listener", state: "Subscribed", types: ["platform", "function"] });
  assert.deepEqual(initRuntimeDone, { initializationType: "on-demand", phase: "init", status: "success" });
  assert.equal(typeof initReport?.metrics?.durationMs, "number");
  assert.deepEqual(Object.keys(start ?? {}), ["requestId", "version"]);
  assert.match(printed as unknown as string, /\tINFO\tfirst words$/);
  assert.equal(runtimeDone?.status, "success");
  const spans = (record: unknown): string[] => (record as { spans: Array<{ name: string }> }).spans.map(({ name }) => name);
  assert.deepEqual(spans(runtimeDone), ["responseLatency", "responseDuration", "runtimeOverhead"]);
  assert.equal(runtimeDone?.metrics?.producedBytes, 17);
  assert.deepEqual(spans(report), ["extensionOverhead"]);
  assert.ok(events.every(({ time }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time)));
  const refusals = real.sink.messages.filter((message) => message.startsWith("["));
  assert.deepEqual(JSON.parse(refusals[0] ?? ""), [
    [400, { errorMessage: "types should not be empty", errorType: "ValidationError" }],
    [200, "OK"],
    [400, { errorMessage: "the extension has subscribed by the Telemetry API already", errorType: "Logs.ValidationError" }],
  ]);
  assert.match(refusals[1] ?? "", /^\[403,\{.*"errorType":"Telemetry\.SubscriptionClosed"/);
  assert.ok(real.sink.messages.includes("TELEMETRY\tName: listener\tState: Subscribed\tTypes: [Platform, Function]"));
});

test("the Logs API sends lines over TCP, and what is dropped is told", async (t) => {
  const port = 40_000 + (process.pid % 20_000);
  const collector = `
      let text = "", isReading = false;
      const server = require("node:net").createServer((socket) => {
        socket.pause();
        const wait = setInterval(() => { if (isReading) { clearInterval(wait); socket.on("data", (chunk) => (text += chunk)).resume(); } }, 10);
      }).listen(${port}, "127.0.0.1");
      await register(["INVOKE"]);
      console.log(JSON.stringify(await subscribe("2020-08-15", "logs", { types: ["function", "platform"], buffering: { timeoutMs: 25 }, destination: { protocol: "TCP", port: ${port} } })));
      await next();
      await next();
      isReading = true;
      const lines = () => text.split("\\n").filter(Boolean).flatMap((line) => { try { return [JSON.parse(line)]; } catch { return []; } });
      while (!lines().some(({ type }) => type === "platform.logsDropped")) await new Promise((resolve) => setTimeout(resolve, 20));
      console.log("types " + [...new Set(lines().map(({ type }) => type))].join());
      console.log("dropped " + JSON.stringify(lines().find(({ type }) => type === "platform.logsDropped").record));
      await next();`;
  const shouting = `exports.handler = async ({ times }) => { for (let at = 0; at < times; at++) console.log("x".repeat(200000)); };`;
  const noisy = await withExtensions(t, { collector }, shouting);
  // More than a connection and two batches hold.
  await invoked(noisy, { times: 80 });
  await invoked(noisy, { times: 1 });
  const { messages } = noisy.sink;
  assert.match(messages.find((line) => line.startsWith("types ")) ?? "", /platform\.logsDropped/);
  const dropped = JSON.parse(messages.find((line) => line.startsWith("dropped "))?.slice(8) ?? "{}") as Record<string, unknown>;
  assert.equal(dropped.reason, "Consumer seems to have fallen behind as it has not acknowledged receipt of logs.");
  assert.ok(
    (dropped.droppedRecords as number) > 0 && (dropped.droppedBytes as number) > 200_000 * (dropped.droppedRecords as number) * 0.9,
  );
});

test("a wrapper script gets the interpreter's command line, and what is wrong with it is said as on AWS", async (t) => {
  const wrapper = `#!/bin/sh
    echo "wrapped $# $(basename "$1")"
    export FROM_WRAPPER=yes
    exec "$@"`;
  const source = "exports.handler = async () => [process.env.FROM_WRAPPER, process.env.AWS_LAMBDA_EXEC_WRAPPER];";
  const real = await managedSandbox(t, source, { files: { "layers/wrapper": wrapper } });
  const by = (path: string) => ({ ...spec, key: path, variables: { AWS_LAMBDA_EXEC_WRAPPER: path } });
  assert.deepEqual(await invoked(real, {}, by("/opt/wrapper")), ["yes", "/opt/wrapper"]);
  assert.ok(real.sink.messages.includes("wrapped 2 node"));
  assert.match((await invoked(real, {}, by("/opt/none"))).errorMessage as string, /Error: Runtime exited with error: exit status 127$/);
  assert.ok(real.sink.messages.includes("/opt/none: does not exist"));
});

test("what a wrapper script starts in the place of a runtime may speak the Runtime API", async (t) => {
  const program = `#!/usr/bin/env node
    (async () => {
      const api = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime/invocation/";
      for (;;) {
        const invocation = await fetch(api + "next");
        const event = await invocation.json();
        await fetch(api + invocation.headers.get("lambda-runtime-aws-request-id") + "/response", { method: "POST", body: JSON.stringify({ doubled: 2 * event.number }) });
      }
    })();`;
  const real = await managedSandbox(t, "", { files: { "code/wrapper": program } });
  const wanted = specOf({ runtime: "nodejs26.x", timeoutMs: 30_000, variables: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" } });
  assert.deepEqual(await invoked(real, { number: 4 }, wanted), { doubled: 8 });
  assert.deepEqual(await invoked(real, { number: 5 }, wanted), { doubled: 10 });
});

import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { randomIds } from "#kit/ids.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { ExtensionHost } from "../extensions/extension-host.ts";
import { requestOf } from "../fixtures/specs.ts";
import type { RunningProcess } from "../drivers/driver.ts";
import type { RuntimeAnswer, RuntimeLink, RuntimeListener } from "../runtime-link.ts";
import { SharedNetwork } from "../drivers/shared-network.ts";
import { openRuntimeApi } from "./server.ts";

interface Api {
  link: RuntimeLink;
  url: string;
  events: string[];
  answers: RuntimeAnswer[];
}

const credentials = { accessKeyId: "ASIA1", secretAccessKey: "secret", sessionToken: "session", expiresAtMs: 1_768_000_000_000 };

async function open(t: TestContext, changes: Partial<RuntimeListener> = {}, isSnapped = false): Promise<Api> {
  const events: string[] = [];
  const answers: RuntimeAnswer[] = [];
  const listener = {
    ready: () => void events.push("ready"),
    initFailed: (payload: Buffer) => void events.push(`initFailed ${payload.toString()}`),
    checkpointed: () => void events.push("checkpointed"),
    restored: () => void events.push("restored"),
    restoreFailed: (payload: Buffer) => void events.push(`restoreFailed ${payload.toString()}`),
    credentialsFor: (token: string) => (token === "token" ? credentials : undefined),
    answered: (answer: RuntimeAnswer) => void answers.push(answer),
    done: () => void events.push("done"),
    logged: () => assert.fail("nothing is logged here"),
    violated: () => assert.fail("HTTP errors are answered"),
    ...changes,
  };
  const network = new SharedNetwork();
  const extensions = new ExtensionHost(new ManualClock(), randomIds, {
    extensionPrinted: () => {},
    batchEnded: () => {},
    extensionFailed: () => {},
    subscribed: () => {},
  });
  const link = await openRuntimeApi(listener, randomIds, network, extensions, isSnapped);
  link.attach({} as RunningProcess, new ManualClock());
  t.after(() => network.close());
  return { link, url: `http://${link.variables.AWS_LAMBDA_RUNTIME_API}/2018-06-01`, events, answers };
}

/** Until the listener has heard what the other end just did. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

async function begin(api: Api, requestId = "r1"): Promise<Response> {
  const before = api.events.length;
  const next = fetch(`${api.url}/runtime/invocation/next`);
  await until(() => api.events.length > before);
  api.link.invoke(requestOf({ a: 1 }, { requestId, tenantId: "blue", clientContext: '{"ü":1}', cognitoIdentity: "{}" }), 1_234);
  return next;
}

const post = (
  api: Api,
  path: string,
  body: string | Uint8Array<ArrayBuffer> = "{}",
  headers: Record<string, string> = {},
): Promise<Response> => fetch(`${api.url}/runtime${path}`, { method: "POST", body, headers });

async function errorOf(reply: Response): Promise<[number, string]> {
  const { errorType } = (await reply.json()) as { errorType: string };
  return [reply.status, errorType];
}

test("next waits for an invocation and carries it in AWS's headers", async (t) => {
  const api = await open(t);
  const reply = await begin(api);
  assert.deepEqual(api.events, ["ready"]);
  assert.deepEqual(await reply.json(), { a: 1 });
  const headers = Object.fromEntries([...reply.headers].filter(([name]) => name.startsWith("lambda-")));
  assert.match(headers["lambda-runtime-invocation-id"] ?? "", /^[0-9a-f-]{36}$/);
  delete headers["lambda-runtime-invocation-id"];
  assert.deepEqual(headers, {
    "lambda-runtime-aws-request-id": "r1",
    "lambda-runtime-deadline-ms": "1234",
    "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-central-1:000000000000:function:hello",
    "lambda-runtime-trace-id": "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
    "lambda-runtime-client-context": Buffer.from('{"ü":1}').toString("latin1"),
    "lambda-runtime-cognito-identity": "{}",
    "lambda-runtime-aws-tenant-id": "blue",
  });
});

test("a runtime that asks again while it works gets the same invocation, and an idle one waits on", async (t) => {
  const api = await open(t);
  await begin(api);
  assert.equal((await fetch(`${api.url}/runtime/invocation/next`)).headers.get("lambda-runtime-aws-request-id"), "r1");
  await post(api, "/invocation/r1/response");
  const first = fetch(`${api.url}/runtime/invocation/next`);
  await until(() => api.events.includes("done"));
  const second = fetch(`${api.url}/runtime/invocation/next`);
  await assert.rejects(first);
  api.link.invoke(requestOf({}, { requestId: "r2" }), 0);
  assert.equal((await second).headers.get("lambda-runtime-aws-request-id"), "r2");
  assert.deepEqual(api.events, ["ready", "done"]);
});

test("a response is accepted once, for the current invocation only, in the right order", async (t) => {
  const api = await open(t);
  assert.deepEqual(await errorOf(await post(api, "/invocation/r1/response")), [400, "InvalidRequestID"]);
  const next = await begin(api);
  const invocationId = next.headers.get("lambda-runtime-invocation-id") as string;
  const withId = (id: string): Record<string, string> => ({ "Lambda-Runtime-Invocation-Id": id });
  assert.deepEqual(await errorOf(await post(api, "/invocation/r0/response")), [400, "InvalidRequestID"]);
  assert.deepEqual(await errorOf(await post(api, "/invocation/r1/response", "{}", withId("other"))), [400, "InvalidInvocationId"]);
  assert.deepEqual(await errorOf(await post(api, "/init/error")), [403, "InvalidStateTransition"]);
  const accepted = await post(api, "/invocation/r1/response", '{"ok":1}', withId(invocationId));
  assert.deepEqual([accepted.status, await accepted.text()], [202, '{"status":"OK"}']);
  assert.deepEqual(api.answers, [{ kind: "response", payload: Buffer.from('{"ok":1}') }]);
  const twice = await post(api, "/invocation/r1/response");
  assert.equal(twice.status, 403);
  assert.deepEqual(await twice.json(), {
    errorMessage:
      "State transition from RuntimeResponseSent to InvocationResponse failed for runtime. Error: State transition is not allowed",
    errorType: "InvalidStateTransition",
  });
});

test("the largest response passes; one byte more is 413, and the caller hears of it", async (t) => {
  for (const [size, status] of [
    [6_291_556, 202],
    [6_291_557, 413],
    [20_000_000, 413],
  ] as const) {
    const api = await open(t);
    await begin(api);
    const reply = await post(api, "/invocation/r1/response", new Uint8Array(size));
    assert.equal(reply.status, status);
    if (status === 413) {
      assert.deepEqual(await errorOf(reply), [413, "RequestEntityTooLarge"]);
      assert.deepEqual(api.answers, [{ kind: "tooLarge" }]);
    }
  }
});

test("a request that we fail to serve is the end of its runtime, and of nothing else", async (t) => {
  const failing = (): never => {
    throw new Error("out of order");
  };
  const violations: string[] = [];
  const api = await open(t, { answered: failing, violated: (reason) => void violations.push(reason) });
  await begin(api);
  await assert.rejects(post(api, "/invocation/r1/response"), "the connection is broken off");
  assert.deepEqual(violations, ["its request could not be served: Error: out of order"]);
});

test("an unknown response mode is refused, and the caller hears of it", async (t) => {
  const api = await open(t);
  await begin(api);
  const reply = await post(api, "/invocation/r1/response", "{}", { "Lambda-Runtime-Function-Response-Mode": "psychic" });
  assert.deepEqual(await errorOf(reply), [400, "InvalidFunctionResponseMode"]);
  assert.equal(api.answers[0]?.kind, "error");
});

/** A streamed response, whose trailers fetch cannot send. */
function stream(api: Api, chunks: string[], trailers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${api.url}/runtime/invocation/r1/response`, {
      method: "POST",
      headers: {
        "Transfer-Encoding": "chunked",
        "Lambda-Runtime-Function-Response-Mode": "streaming",
        "Content-Type": "text/html",
        Trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
      },
    });
    request.on("response", (reply) => resolve(reply.resume().statusCode ?? 0)).on("error", reject);
    for (const chunk of chunks) request.write(chunk);
    request.addTrailers(trailers);
    request.end();
  });
}

test("a streamed response is put together; an error in its trailers counts", async (t) => {
  const whole = await open(t);
  await begin(whole);
  assert.equal(await stream(whole, ["<p>", "hi"], {}), 202);
  assert.deepEqual(whole.answers, [{ kind: "response", payload: Buffer.from("<p>hi"), contentType: "text/html" }]);
  const broken = await open(t);
  await begin(broken);
  const body = Buffer.from('{"errorType":"Late"}');
  const trailers = { "Lambda-Runtime-Function-Error-Type": "Late", "Lambda-Runtime-Function-Error-Body": body.toString("base64") };
  assert.equal(await stream(broken, ["<p>"], trailers), 202);
  assert.deepEqual(broken.answers, [{ kind: "error", payload: body }]);
});

test("a streamed response goes to the caller as it comes, no faster than the caller has room", async (t) => {
  const api = await open(t);
  const room = Promise.withResolvers<void>();
  const got: string[] = [];
  const sink = {
    begin: (type: string) => void got.push(type),
    write: (bytes: Uint8Array) => (got.push(Buffer.from(bytes).toString()), got.length === 2 ? room.promise : undefined),
  };
  const next = fetch(`${api.url}/runtime/invocation/next`);
  await until(() => api.events.length > 0);
  api.link.invoke(requestOf({}, { requestId: "r1", stream: sink }), 1_234);
  await next;
  const request = httpRequest(`${api.url}/runtime/invocation/r1/response`, {
    method: "POST",
    headers: { "Transfer-Encoding": "chunked", "Lambda-Runtime-Function-Response-Mode": "streaming", "Content-Type": "text/html" },
  });
  const status = new Promise((resolve, reject) => {
    request.on("response", (reply) => resolve(reply.resume().statusCode)).on("error", reject);
  });
  request.write("first");
  await until(() => got.length === 2);
  request.end("last");
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(got, ["text/html", "first"]);
  room.resolve();
  assert.equal(await status, 202);
  assert.deepEqual(got, ["text/html", "first", "last"]);
  assert.deepEqual(api.answers, [{ kind: "streamed", sizeBytes: 9 }]);
});

test("errors keep their bodies; without one the header speaks, if it has the form", async (t) => {
  const cases: Array<[string, Record<string, string>, string]> = [
    ['{"errorType":"X"}', {}, '{"errorType":"X"}'],
    ["", { "Lambda-Runtime-Function-Error-Type": "Runtime.NoSuchHandler" }, '{"errorType":"Runtime.NoSuchHandler","errorMessage":""}'],
    ["", { "Lambda-Runtime-Function-Error-Type": "Function.no" }, '{"errorType":"Function.Unknown","errorMessage":""}'],
    ["", {}, '{"errorType":"Runtime.Unknown","errorMessage":""}'],
    [
      '{"errorMessage":"m","errorType":"t","stackTrace":["s"],"errorCause":{}}',
      { "Content-Type": "application/vnd.aws.lambda.error.cause+json" },
      '{"errorMessage":"m","errorType":"t","stackTrace":["s"]}',
    ],
    ["no JSON", { "Content-Type": "application/vnd.aws.lambda.error.cause+json" }, '"Invalid error body"'],
  ];
  for (const [body, headers, payload] of cases) {
    const api = await open(t);
    await begin(api);
    assert.equal((await post(api, "/invocation/r1/error", body, headers)).status, 202);
    assert.deepEqual(api.answers, [{ kind: "error", payload: Buffer.from(payload) }]);
  }
});

test("an error may be described in a header of a megabyte", async (t) => {
  const api = await open(t);
  await begin(api);
  const cause = { "Lambda-Runtime-Function-XRay-Error-Cause": "x".repeat(1024 * 1024) };
  assert.equal((await post(api, "/invocation/r1/error", "{}", cause)).status, 202);
});

test("next waits for the end of the answer before it", async (t) => {
  const api = await open(t);
  await begin(api);
  const headers = { "Lambda-Runtime-Function-Response-Mode": "streaming", "Transfer-Encoding": "chunked" };
  const answer = httpRequest(`${api.url}/runtime/invocation/r1/response`, { method: "POST", headers });
  t.after(() => answer.destroy());
  answer.write("first");
  // It arrives after what was written, by another connection.
  await fetch(`${api.url}/ping`);
  const { promise: isAnswered, resolve } = Promise.withResolvers<unknown>();
  const next = httpRequest(`${api.url}/runtime/invocation/next`, resolve).end();
  t.after(() => next.destroy());
  next.on("error", () => {});
  await fetch(`${api.url}/ping`);
  assert.deepEqual([api.events, api.answers], [["ready"], []]);
  answer.end();
  await until(() => api.events.includes("done"));
  assert.equal(api.answers.length, 1);
  api.link.invoke(requestOf({}, { requestId: "r2" }), 1_234);
  await isAnswered;
});

test("an initialisation error is acknowledged before it is told", async (t) => {
  const api = await open(t);
  assert.equal((await post(api, "/init/error", '{"errorType":"E"}')).status, 202);
  await until(() => api.events.length > 0);
  assert.deepEqual(api.events, ['initFailed {"errorType":"E"}']);
  assert.deepEqual(await errorOf(await fetch(`${api.url}/runtime/invocation/next`)), [403, "InvalidStateTransition"]);
});

test("ping, restore, unknown paths and methods", async (t) => {
  const api = await open(t);
  assert.equal(await (await fetch(`${api.url}/ping`)).text(), "pong");
  assert.equal((await fetch(`${api.url}/runtime/restore/next`)).status, 403);
  assert.equal((await post(api, "/restore/error")).status, 403);
  assert.equal((await fetch(`${api.url}/runtime/nothing`)).status, 404);
  assert.equal((await fetch(`${api.url}/runtime/invocation/a/b/response`, { method: "POST" })).status, 404);
  assert.equal((await post(api, "/invocation/next")).status, 405);
});

/** Sends raw bytes and collects what comes back until the end. */
function raw(api: Api, bytes: string): Promise<string> {
  const port = Number(new URL(api.url).port);
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk) => (answer += chunk)).on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
}

test("garbage and bombs of headers are answered and cut off", async (t) => {
  const api = await open(t);
  assert.match(await raw(api, "\x00\xff\r\n\r\n"), /^HTTP\/1.1 400/);
  assert.match(await raw(api, `GET / HTTP/1.1\r\nX: ${"x".repeat(1_100_000)}\r\n\r\n`), /^HTTP\/1.1 431/);
});

test("a response that breaks off is an error for the caller", async (t) => {
  const api = await open(t);
  await begin(api);
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  socket.write("POST /2018-06-01/runtime/invocation/r1/response HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf", () =>
    socket.destroy(),
  );
  await until(() => api.answers.length > 0);
  assert.match(String(Buffer.from((api.answers[0] as { payload: Uint8Array }).payload)), /Runtime.TruncatedResponse/);
});

test("after the close nothing is told, and nobody is served", async (t) => {
  const api = await open(t);
  api.link.close();
  await assert.rejects(fetch(`${api.url}/runtime/invocation/next`));
  assert.deepEqual(api.events, []);
});

test("a runtime with SnapStart waits to be restored before its first invocation", async (t) => {
  const api = await open(t, {}, true);
  const restoring = fetch(`${api.url}/runtime/restore/next`);
  await until(() => api.events.length === 1);
  api.link.checkpoint?.();
  assert.deepEqual(api.events, ["ready", "checkpointed"]);
  const early = await fetch(`${api.url}/runtime/invocation/next`);
  assert.equal(early.status, 403);
  api.link.restore?.({});
  assert.equal((await restoring).status, 200);
  const next = fetch(`${api.url}/runtime/invocation/next`);
  await until(() => api.events.includes("restored"));
  api.link.invoke(requestOf({}, { requestId: "r1" }), 1_234);
  assert.equal((await next).status, 200);
});

test("it may say that its hooks failed; one that knows nothing of snapshots waits for its invocation, and others may not wait", async (t) => {
  const failing = await open(t, {}, true);
  const restoring = fetch(`${failing.url}/runtime/restore/next`);
  await until(() => failing.events.length === 1);
  failing.link.restore?.({});
  await restoring;
  assert.equal((await post(failing, "/restore/error", '{"errorType":"E"}')).status, 202);
  await until(() => failing.events.includes('restoreFailed {"errorType":"E"}'));

  const plain = await open(t, {}, true);
  const next = fetch(`${plain.url}/runtime/invocation/next`);
  await until(() => plain.events.length === 1);
  plain.link.checkpoint?.();
  plain.link.restore?.({});
  assert.deepEqual(plain.events, ["ready", "checkpointed", "restored"]);
  plain.link.invoke(requestOf({}, { requestId: "r1" }), 1_234);
  assert.equal((await next).status, 200);

  assert.equal((await fetch(`${(await open(t)).url}/runtime/restore/next`)).status, 403);
});

test("gives credentials to whoever has the token", async (t) => {
  const { url } = await open(t);
  const ask = (headers: Record<string, string>): Promise<Response> => fetch(new URL("/2021-04-23/credentials", url), { headers });
  assert.deepEqual([(await ask({})).status, (await ask({ authorization: "guess" })).status], [400, 404]);
  assert.deepEqual(await (await ask({ authorization: "token" })).json(), {
    AccessKeyId: "ASIA1",
    SecretAccessKey: "secret",
    Expiration: "2026-01-09T23:06:40.000Z",
    Token: "session",
  });
});

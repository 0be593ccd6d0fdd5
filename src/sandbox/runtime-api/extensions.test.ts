import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { randomIds } from "#kit/ids.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { SharedNetwork } from "../drivers/shared-network.ts";
import { ExtensionHost } from "../extensions/extension-host.ts";
import { openRuntimeApi } from "./server.ts";

interface Api {
  host: ExtensionHost;
  failures: string[];
  call(
    method: string,
    path: string,
    headers?: Record<string, string>,
    body?: string,
  ): Promise<{ status: number; headers: Headers; body: unknown }>;
}

/** A run of which no process runs yet: extensions come first. */
async function open(t: TestContext): Promise<Api> {
  const failures: string[] = [];
  const network = new SharedNetwork();
  const host = new ExtensionHost(new ManualClock(), randomIds, {
    extensionPrinted() {},
    batchEnded() {},
    extensionFailed: ({ errorType, message }) => void failures.push(`${errorType}: ${message}`),
    subscribed() {},
  });
  host.identity = { accountId: "000000000000", functionName: "hello", functionVersion: "7", handler: "a.b" };
  host.network = network;
  const never = (): never => assert.fail("there is no runtime");
  const runtime = {
    ready: never,
    checkpointed: never,
    restored: never,
    restoreFailed: never,
    credentialsFor: never,
    initFailed: never,
    answered: never,
    done: never,
    logged: never,
    violated: never,
  };
  const link = await openRuntimeApi(runtime, randomIds, network, host);
  t.after(() => {
    host.telemetry.close();
    network.close();
  });
  const url = `http://${link.variables.AWS_LAMBDA_RUNTIME_API}`;
  return {
    host,
    failures,
    async call(method, path, headers = {}, body) {
      const answer = await fetch(url + path, { method, headers, ...(body !== undefined && { body }) });
      return { status: answer.status, headers: answer.headers, body: await answer.json() };
    },
  };
}

const registerPath = "/2020-01-01/extension/register";
const register = (api: Api, name: string, body = '{"events":[]}', headers = {}) =>
  api.call("POST", registerPath, { "Lambda-Extension-Name": name, ...headers }, body);

async function registered(api: Api, name: string): Promise<Record<string, string>> {
  const { headers } = await register(api, name);
  return { "Lambda-Extension-Identifier": headers.get("lambda-extension-identifier") ?? "" };
}

test("an extension registers before the runtime runs, and learns whose it is", async (t) => {
  const api = await open(t);
  const { status, headers, body } = await register(api, "own");
  assert.equal(status, 200);
  assert.match(headers.get("lambda-extension-identifier") ?? "", /^[0-9a-f-]{36}$/);
  assert.deepEqual(body, { functionName: "hello", functionVersion: "7", handler: "a.b" });
  const { body: more } = await register(api, "other", "{}", { "Lambda-Extension-Accept-Feature": "future, accountId" });
  assert.equal((more as { accountId: string }).accountId, "000000000000");
});

test("requests that are not understood are refused in AWS's words", async (t) => {
  const api = await open(t);
  const cases: Array<[body: string, errorType: string, errorMessage: string]> = [
    ["", "InvalidRequestFormat", "unexpected end of JSON input"],
    ["[]", "InvalidRequestFormat", "json: cannot unmarshal array into Go value"],
    ["?", "InvalidRequestFormat", "invalid character '?' looking for beginning of value"],
    ['{"configurationKeys":["a"]}', "InvalidRequestFormat", "configurationKeys are deprecated; use environment variables instead"],
    ['{"events":["BOOT"]}', "Extension.InvalidEventType", "BOOT: ErrorInvalidEventType"],
    [`{"events":["${"x".repeat(70_000)}"]}`, "InvalidRequestFormat", "unexpected end of JSON input"],
  ];
  for (const [body, errorType, errorMessage] of cases) {
    const answer = await register(api, "own", body);
    assert.deepEqual([answer.status, answer.body], [403, { errorMessage, errorType }]);
  }
  assert.deepEqual((await api.call("POST", registerPath, {}, "{}")).body, {
    errorMessage: "Empty extension name",
    errorType: "Extension.InvalidExtensionName",
  });
});

test("who calls must be known", async (t) => {
  const api = await open(t);
  const next = (headers?: Record<string, string>) => api.call("GET", "/2020-01-01/extension/event/next", headers);
  assert.deepEqual((await next()).body, {
    errorMessage: "Missing Lambda-Extension-Identifier header",
    errorType: "Extension.MissingExtensionIdentifier",
  });
  assert.deepEqual((await next({ "Lambda-Extension-Identifier": "me" })).body, {
    errorMessage: "Invalid Lambda-Extension-Identifier",
    errorType: "Extension.InvalidExtensionIdentifier",
  });
  const stranger = randomIds.uuid();
  assert.deepEqual((await next({ "Lambda-Extension-Identifier": stranger })).body, {
    errorMessage: `Unknown extension ${stranger}`,
    errorType: "Extension.UnknownExtensionIdentifier",
  });
});

test("events come with an identifier of their own", async (t) => {
  const api = await open(t);
  const own = await registered(api, "own");
  const waiting = api.call("GET", "/2020-01-01/extension/event/next", own);
  await new Promise<void>((resolve) => api.host.registry.whenReady(resolve));
  api.host.registry.sayFarewell({ eventType: "SHUTDOWN", deadlineMs: 1, shutdownReason: "timeout" });
  // It registered for nothing.
  assert.equal(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 20, "waits"))]), "waits");
  void waiting.catch(() => {});
});

test("an error takes its type, and a part of the runtime ends the run by it", async (t) => {
  const api = await open(t);
  const own = await registered(api, "own");
  const fail = (headers: Record<string, string>) => api.call("POST", "/2020-01-01/extension/init/error", { ...own, ...headers }, "{}");
  assert.deepEqual((await fail({})).body, {
    errorMessage: "Lambda-Extension-Function-Error-Type not found",
    errorType: "Extension.MissingHeader",
  });
  const { status, body } = await fail({ "Lambda-Extension-Function-Error-Type": "Extension.NoKey" });
  assert.deepEqual([status, body], [202, { status: "OK" }]);
  assert.deepEqual(api.failures, ["Extension.InitError: Extension.NoKey"]);
});

test("other paths and methods are refused", async (t) => {
  const api = await open(t);
  assert.equal((await api.call("GET", registerPath)).status, 405);
  assert.equal((await api.call("GET", "/2020-01-01/extension/nothing")).status, 404);
  assert.equal((await api.call("PUT", "/2022-07-01/telemetry/", {}, "{}")).status, 403);
});

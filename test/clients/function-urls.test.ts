/** Function URLs as their clients see them: node:http, fetch, curl. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { connect as connectHttp2 } from "node:http2";
import { text } from "node:stream/consumers";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { CreateFunctionUrlConfigCommandInput } from "@aws-sdk/client-lambda";
import { createFunction } from "#test/functions.ts";
import { type Product, accountId, startProduct } from "#test/product.ts";
import { type RawAnswer, send, sign } from "#test/raw-requests.ts";

/** What the request says is what the function does. */
const source = `
exports.handler = async (event) => {
  const wanted = event.headers["x-answer"];
  if (wanted === undefined) return event;
  if (wanted === "throw") throw new Error("no");
  return JSON.parse(wanted);
};`;

const streaming = `
const { setTimeout: sleep } = require("node:timers/promises");
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  const { "x-metadata": metadata, "x-fail": fail, "x-wait": wait } = event.headers;
  if (fail === "at once") throw new Error("no");
  if (metadata) stream = awslambda.HttpResponseStream.from(stream, JSON.parse(metadata));
  stream.write("first ");
  if (wait) await sleep(Number(wait));
  if (fail) throw new Error("no");
  stream.end("last");
});`;

const forbidden =
  '{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}';

describe("function URLs", () => {
  let product: Product;
  let open = "";
  let signed = "";
  let streamed = "";
  before(async () => {
    product = await startProduct();
    await Promise.all([createFunction(product.lambda, "open", source), createFunction(product.lambda, "streamed", streaming)]);
    await createFunction(product.lambda, "signed", source);
    await createFunction(product.lambda, "closed", source);
    open = await urlOf("open");
    await admitEverybody("open");
    signed = await urlOf("signed", { AuthType: "AWS_IAM" });
    streamed = await urlOf("streamed", { InvokeMode: "RESPONSE_STREAM" });
    await admitEverybody("streamed");
  });
  after(() => product[Symbol.asyncDispose]());

  async function urlOf(FunctionName: string, settings: Partial<CreateFunctionUrlConfigCommandInput> = {}): Promise<string> {
    return (await product.lambda.createFunctionUrlConfig({ FunctionName, AuthType: "NONE", ...settings })).FunctionUrl!;
  }

  async function admitEverybody(FunctionName: string, Qualifier?: string): Promise<void> {
    const grant = { FunctionName, Principal: "*", ...(Qualifier && { Qualifier }) };
    await product.lambda.addPermission({ ...grant, StatementId: "url", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" });
    await product.lambda.addPermission({ ...grant, StatementId: "function", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true });
  }

  /** The names lead to this machine in browsers and in curl; here we connect to it and say the name. */
  function ask(url: string, { method = "GET", path = "/", headers = {}, body = "" }: Partial<Ask> = {}): Promise<RawAnswer> {
    return send(product.endpoint, { method, target: path, headers: { host: new URL(url).host, ...headers }, body });
  }
  interface Ask {
    method: string;
    path: string;
    headers: Record<string, string>;
    body: string | Uint8Array;
  }

  test("a request is an event of payload format 2.0", async () => {
    const headers = { cookie: "a=1; b=2", "content-type": "application/json", "user-agent": "me/1", "X-Own": "yes" };
    const answer = await ask(open, { method: "POST", path: "/a%20b/c?x=1&x=2&y=%26", headers, body: '{"n":1}' });
    const { host, hostname } = new URL(open);
    const event = JSON.parse(answer.text);
    const { requestId, time, timeEpoch, ...context } = event.requestContext;
    const { "x-amzn-trace-id": trace, ...seen } = event.headers;
    assert.match(time, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
    assert.ok(timeEpoch > 1_600_000_000_000);
    assert.equal(answer.headers["x-amzn-requestid"], requestId);
    assert.match(trace, /^Root=1-/);
    assert.match(String(answer.headers["x-amzn-trace-id"]), /^root=1-/);
    const id = hostname.split(".")[0];
    assert.deepEqual(context, {
      accountId: "anonymous",
      apiId: id,
      domainName: hostname,
      domainPrefix: id,
      http: { method: "POST", path: "/a%20b/c", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "me/1" },
      routeKey: "$default",
      stage: "$default",
    });
    assert.deepEqual(
      { ...event, headers: seen, requestContext: undefined },
      {
        version: "2.0",
        routeKey: "$default",
        rawPath: "/a%20b/c",
        rawQueryString: "x=1&x=2&y=%26",
        cookies: ["a=1", "b=2"],
        queryStringParameters: { x: "1,2", y: "&" },
        headers: {
          host,
          "content-type": "application/json",
          "user-agent": "me/1",
          "x-own": "yes",
          "content-length": "7",
          "x-forwarded-for": "127.0.0.1",
          "x-forwarded-port": new URL(open).port,
          "x-forwarded-proto": "http",
        },
        requestContext: undefined,
        body: '{"n":1}',
        isBase64Encoded: false,
      },
    );
  });

  test("a body that is no text comes as base64, and none at all is absent", async () => {
    for (const [type, body, isBase64Encoded] of [
      ["text/plain; charset=utf-8", "hé", false],
      ["application/problem+json", "{}", false],
      ["application/x-www-form-urlencoded", "a=1", true],
      ["application/octet-stream", Buffer.from([0, 255]), true],
      ["text/plain", Buffer.from([0xff]), true],
    ] as const) {
      const event = JSON.parse((await ask(open, { method: "PUT", headers: { "content-type": type }, body })).text);
      assert.equal(event.isBase64Encoded, isBase64Encoded, type);
      assert.equal(event.body, Buffer.from(body).toString(isBase64Encoded ? "base64" : "utf8"));
    }
    const event = JSON.parse((await ask(open)).text);
    assert.deepEqual(
      [event.isBase64Encoded, "body" in event, "cookies" in event, "queryStringParameters" in event],
      [false, false, false, false],
    );
  });

  test("what a function returns becomes an answer", async () => {
    for (const [returned, status, type, body] of [
      [{ message: "hi" }, 200, "application/json", '{"message":"hi"}'],
      ["hello", 200, "application/json", '"hello"'],
      [null, 200, "application/json", "null"],
      [{ statusCode: 201, headers: { "Content-Type": "text/html" }, body: "<p>" }, 201, "text/html", "<p>"],
      [{ statusCode: 200, body: "aGk=", isBase64Encoded: true }, 200, "application/json", "hi"],
      [{ statusCode: "404" }, 404, "application/json", ""],
      [{ statusCode: 204, body: "x" }, 204, "application/json", ""],
      [{ statusCode: 42 }, 502, "application/json", "Internal Server Error"],
      [{ statusCode: 200, headers: { "a b": "c" } }, 502, "application/json", "Internal Server Error"],
      [{ statusCode: 200, headers: { a: "b\r\nc: d" } }, 502, "application/json", "Internal Server Error"],
      [{ statusCode: 200, body: { not: "text" } }, 502, "application/json", "Internal Server Error"],
    ] as const) {
      const answer = await ask(open, { headers: { "x-answer": JSON.stringify(returned) } });
      assert.deepEqual([answer.status, answer.headers["content-type"], answer.text], [status, type, body], JSON.stringify(returned));
    }
  });

  test("an error of the function is a bad gateway", async () => {
    const answer = await ask(open, { headers: { "x-answer": "throw" } });
    assert.deepEqual([answer.status, answer.text], [502, "Internal Server Error"]);
  });

  test("cookies have headers of their own, and what belongs to a connection is ours", async () => {
    const headers = { "x-a": "1", Connection: "close", "Transfer-Encoding": "chunked", "Content-Length": "99" };
    const wanted = JSON.stringify({ statusCode: 200, headers, cookies: ["a=1; Path=/", "b=2"], body: "ok" });
    // The second time by node:http, which takes what is no plain request.
    for (const method of ["GET", "OPTIONS"]) {
      const answer = await ask(open, { method, headers: { "x-answer": wanted } });
      assert.deepEqual(answer.headers["set-cookie"], ["a=1; Path=/", "b=2"]);
      assert.deepEqual([answer.headers["x-a"], answer.headers["content-length"], answer.text], ["1", "2", "ok"]);
      const remapped = ["connection", "content-length"].map((name) => answer.headers[`x-amzn-remapped-${name}`]);
      assert.deepEqual(remapped, ["close", "99"]);
    }
  });

  test("browsers are not asked for a password, as on AWS", async () => {
    const wanted = JSON.stringify({ statusCode: 401, headers: { "WWW-Authenticate": "Basic" } });
    const { status, headers } = await ask(open, { headers: { "x-answer": wanted } });
    assert.deepEqual([status, headers["www-authenticate"], headers["x-amzn-remapped-www-authenticate"]], [401, undefined, "Basic"]);
  });

  test("every method arrives, and HEAD has no body", async () => {
    for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS"])
      assert.equal(JSON.parse((await ask(open, { method })).text).requestContext.http.method, method);
    const head = await ask(open, { method: "HEAD", headers: { "x-answer": '{"statusCode":200,"body":"12345"}' } });
    assert.deepEqual([head.status, head.headers["content-length"], head.text], [200, "5", ""]);
  });

  test("HTTP/2 arrives too", async () => {
    const session = connectHttp2(product.endpoint);
    const stream = session.request({ ":authority": new URL(open).host, ":path": "/two" });
    const event = JSON.parse(await text(stream));
    assert.deepEqual([event.rawPath, event.requestContext.http.protocol, event.headers.host], ["/two", "HTTP/2.0", new URL(open).host]);
    // Names with a colon would break whoever makes a request of them again.
    assert.deepEqual(
      Object.keys(event.headers).filter((name) => name.startsWith(":")),
      [],
    );
    session.close();
  });

  test("a full URL in the first line leads where it says", async () => {
    const answer = await send(product.endpoint, {
      method: "GET",
      target: new URL("/full?x=1", open).href,
      headers: { host: "localhost" },
      body: "",
    });
    const { rawPath, rawQueryString, headers } = JSON.parse(answer.text);
    assert.deepEqual([rawPath, rawQueryString, headers.host], ["/full", "x=1", new URL(open).host]);
  });

  test("AWS's own names and HTTPS lead there as well", async () => {
    const host = new URL(open).hostname.replace(/localhost$/, "on.aws");
    const event = JSON.parse((await ask(open, { headers: { host } })).text);
    assert.deepEqual([event.headers.host, event.requestContext.domainName], [host, host]);
    const { port } = new URL(product.httpsEndpoint);
    const { hostname } = new URL(open);
    const secure = await new Promise<string>((resolve, reject) => {
      // Who signed the certificate is a question of other tests.
      const options = {
        host: "127.0.0.1",
        port,
        servername: hostname,
        headers: { host: `${hostname}:${port}` },
        rejectUnauthorized: false,
      };
      httpsRequest({ ...options, agent: false }, (response) => void text(response).then(resolve, reject))
        .on("error", reject)
        .end();
    });
    assert.equal(JSON.parse(secure).headers["x-forwarded-proto"], "https");
  });

  test("more than 6 MB are refused, and so are WebSockets", async () => {
    const large = await ask(open, { method: "POST", headers: { "content-type": "text/plain" }, body: Buffer.alloc(6_291_457, "x") });
    assert.deepEqual([large.status, large.headers["x-amzn-errortype"]], [413, "RequestTooLargeException"]);
    const binary = await ask(open, { method: "POST", body: Buffer.alloc(5 * 1024 * 1024) });
    assert.equal(binary.status, 413);
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    };
    assert.equal((await ask(open, { headers: upgrade })).status, 400);
  });

  test("it takes both permissions, and a URL that is there", async () => {
    const closed = await urlOf("closed");
    const grant = { FunctionName: "closed", Principal: "*" };
    const isRefused = async (url: string): Promise<boolean> => {
      const { status, text: body, headers } = await ask(url);
      return status === 403 && body === forbidden && headers["x-amzn-errortype"] === "AccessDeniedException";
    };
    assert.ok(await isRefused(closed));
    await product.lambda.addPermission({ ...grant, StatementId: "a", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" });
    assert.ok(await isRefused(closed));
    await product.lambda.addPermission({ ...grant, StatementId: "b", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true });
    assert.equal((await ask(closed)).status, 200);
    await product.lambda.putFunctionConcurrency({ FunctionName: "closed", ReservedConcurrentExecutions: 0 });
    const throttled = await ask(closed);
    assert.deepEqual([throttled.status, throttled.headers["x-amzn-errortype"]], [429, "TooManyRequestsException"]);
    await product.lambda.deleteFunctionUrlConfig({ FunctionName: "closed" });
    assert.ok(await isRefused(closed));
    assert.ok(await isRefused(`http://${"a".repeat(32)}.lambda-url.us-east-1.localhost`));
    assert.ok(await isRefused(open.replace("us-east-1", "eu-west-1")));
  });

  test("AWS_IAM wants a signature that holds, and tells the function whose it is", async () => {
    assert.equal((await ask(signed)).text, forbidden);
    const request = await sign(signed, { method: "POST", path: "/x", body: "{}", headers: { "content-type": "application/json" } });
    const answer = await send(product.endpoint, request);
    const event = JSON.parse(answer.text);
    assert.deepEqual(event.requestContext.authorizer.iam, {
      accessKey: "test",
      accountId,
      callerId: accountId,
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: `arn:aws:iam::${accountId}:root`,
      userId: accountId,
    });
    assert.equal(event.requestContext.accountId, accountId);
    assert.equal(event.headers.authorization, undefined);
    const changed = await send(product.endpoint, { ...request, body: "[]" });
    assert.deepEqual([changed.status, changed.headers["x-amzn-errortype"]], [403, "InvalidSignatureException"]);
  });

  test("curl signs, by the name that was printed", async (t) => {
    const help = await promisify(execFile)("curl", ["--help", "all"]).catch(() => ({ stdout: "" }));
    if (!help.stdout.includes("--aws-sigv4")) return t.skip("no curl that signs");
    const args = ["-sS", "--max-time", "20", "--aws-sigv4", "aws:amz:us-east-1:lambda", "--user", "test:test", `${signed}hello`];
    const { stdout } = await promisify(execFile)("curl", args);
    assert.equal(JSON.parse(stdout).rawPath, "/hello");
  });

  test("a URL of an alias leads to its version", async () => {
    await product.lambda.publishVersion({ FunctionName: "open" });
    await product.lambda.createAlias({ FunctionName: "open", Name: "live", FunctionVersion: "1" });
    const url = await urlOf("open", { Qualifier: "live" });
    assert.equal((await ask(url)).status, 403);
    await admitEverybody("open", "live");
    assert.equal((await ask(url)).status, 200);
  });

  test("CORS is answered by the configuration", async () => {
    await createFunction(product.lambda, "cors", source);
    await admitEverybody("cors");
    const Cors = {
      AllowOrigins: ["https://a.example"],
      AllowMethods: ["GET"],
      AllowHeaders: ["x-own"],
      MaxAge: 60,
      AllowCredentials: true,
      ExposeHeaders: ["x-b"],
    };
    const url = await urlOf("cors", { Cors });
    const question = { "access-control-request-method": "GET" };
    const cors = ({ headers }: RawAnswer): object =>
      Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control-") || name === "vary"));
    const allowed = await ask(url, { method: "OPTIONS", headers: { origin: "https://a.example", ...question } });
    assert.deepEqual([allowed.status, allowed.text], [200, ""]);
    assert.deepEqual(cors(allowed), {
      "access-control-allow-origin": "https://a.example",
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET",
      "access-control-allow-headers": "x-own",
      "access-control-max-age": "60",
      vary: "Origin",
    });
    assert.deepEqual(cors(await ask(url, { method: "OPTIONS", headers: { origin: "https://b.example", ...question } })), {});
    const own = JSON.stringify({ statusCode: 200, headers: { "Access-Control-Allow-Origin": "*", Vary: "Accept" } });
    assert.deepEqual(cors(await ask(url, { headers: { origin: "https://a.example", "x-answer": own } })), {
      "access-control-allow-origin": "https://a.example",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "x-b",
      vary: "Origin, Accept",
    });
  });

  test("below the path of ours answers are the same, in a sandbox", async () => {
    const id = new URL(open).hostname.split(".")[0];
    const headers = { "content-security-policy": "default-src 'none'", "clear-site-data": '"*"' };
    const path = `${product.endpoint}/_pilotlight/lambda-url/${id}`;
    const answer = await fetch(`${path}/a/b?c=d`, { headers: { "x-answer": JSON.stringify({ statusCode: 200, headers, body: "hi" }) } });
    assert.equal(await answer.text(), "hi");
    assert.match(answer.headers.get("content-security-policy")!, /^default-src 'none', sandbox allow-(?!.*same-origin)/);
    assert.equal(answer.headers.get("clear-site-data"), null);
    const event = (await (await fetch(`${path}/a/b?c=d`)).json()) as { rawPath: string; rawQueryString: string };
    assert.deepEqual([event.rawPath, event.rawQueryString], ["/a/b", "c=d"]);
    assert.equal(((await (await fetch(path)).json()) as { rawPath: string }).rawPath, "/");
    assert.equal((await fetch(path, { headers: { origin: "https://a.example" } })).status, 403);
  });

  test("a streamed answer begins before the function ends", async () => {
    const wanted = JSON.stringify({ statusCode: 203, headers: { "content-type": "text/plain", "x-a": "1" }, cookies: ["a=1"] });
    const { hostname, port } = new URL(product.endpoint);
    const first = await new Promise<{ status: number; cookies: unknown; bytes: string }>((resolve, reject) => {
      const headers = { host: new URL(streamed).host, "x-metadata": wanted, "x-wait": "600000" };
      const outgoing = httpRequest({ hostname, port, headers, agent: false }, (response) => {
        response.on("error", () => {});
        response.once("data", (bytes: Buffer) => {
          resolve({ status: response.statusCode!, cookies: response.headers["set-cookie"], bytes: bytes.toString() });
          outgoing.destroy();
        });
      });
      outgoing.on("error", reject).end();
    });
    assert.deepEqual(first, { status: 203, cookies: ["a=1"], bytes: "first " });
  });

  test("a streamed answer without metadata is 200, and one that breaks is broken off", async () => {
    const plain = await ask(streamed);
    assert.deepEqual([plain.status, plain.headers["content-type"], plain.text], [200, "application/octet-stream", "first last"]);
    const failed = await ask(streamed, { headers: { "x-fail": "at once" } });
    assert.deepEqual([failed.status, failed.text], [502, "Internal Server Error"]);
    await assert.rejects(ask(streamed, { headers: { "x-fail": "later" } }));
    const none = await ask(streamed, { headers: { "x-metadata": '{"statusCode":204}' } });
    assert.deepEqual([none.status, none.text], [204, ""]);
    assert.equal((await ask(streamed, { headers: { "x-metadata": '{"statusCode":7}' } })).status, 502);
  });
});

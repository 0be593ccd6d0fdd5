import assert from "node:assert/strict";
import { once } from "node:events";
import { hash } from "node:crypto";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { randomIds } from "#kit/ids.ts";
import { silentLog } from "#kit/log.ts";
import type { Credential } from "#wire/auth/ports.ts";
import { SigningKeys } from "#wire/auth/signing-keys.ts";
import type { ServiceConstraints } from "#wire/constraints/constraints.ts";
import { Dispatcher } from "#wire/dispatcher.ts";
import { AwsError } from "#wire/errors.ts";
import { loadModel } from "#wire/model.ts";
import { rootPrincipal } from "#wire/principal.ts";
import type { ServiceHost } from "#wire/service-host.ts";
import type { Gateway } from "./chain.ts";
import { requestListener } from "./gateway.ts";
import { Listener } from "./listener.ts";

const startMs = Date.UTC(2026, 0, 15, 12);
const valid = { status: "valid", secretAccessKey: "secret", principal: rootPrincipal("000000000000") } as const;

/** What may happen between two requests of one connection. */
const world = { clock: new ManualClock(startMs), credential: valid as Credential, isAllowed: true };

/** Answers with the operation's name and its input. */
async function echoService(name: string, protocol: "restJson1" | "awsQuery"): Promise<ServiceHost> {
  const sdk = protocol === "restJson1" ? () => import("@aws-sdk/client-lambda") : () => import("@aws-sdk/client-sts");
  const [apiVersion, xmlNamespace] = ["2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/"];
  const model = { sdk, signingName: name, protocols: [protocol], apiVersion, namespace: "", xmlNamespace } as const;
  const definition = { name, model, open: async () => () => ({}), folder: "" };
  const constraints: ServiceConstraints = { operations: {}, shapes: {} };
  const handler = (operation: string) => (input: object) =>
    protocol === "awsQuery" ? { Arn: operation } : { StatusCode: 200, Payload: Buffer.from(JSON.stringify({ operation, input })) };
  const loaded = { definition, model: await loadModel(model), constraints, state: {}, handler };
  return { definition, load: () => loaded } as unknown as ServiceHost;
}

interface Draft {
  path?: string;
  service?: string;
  /** `NAME: VALUE`, signed. */
  headers?: string[];
  body?: string;
  secret?: string;
  sentAt?: string;
  /** Changes the head after it has been signed. */
  alter?: (head: string) => string;
}

function signed({ path = "/2015-03-31/functions/f/invocations", service = "lambda", headers = [], body = "{}", ...rest }: Draft): Buffer {
  const { secret = "secret", sentAt = "20260115T120000Z", alter = (head) => head } = rest;
  const lines = ["host: localhost", `content-length: ${body.length}`, `x-amz-date: ${sentAt}`, ...headers];
  const names = lines.map((line) => line.slice(0, line.indexOf(":"))).toSorted();
  const canonicalLines = names.map((name) => `${name}:${lines.find((line) => line.startsWith(`${name}:`))!.slice(name.length + 2)}\n`);
  const canonical = `POST\n${path}\n\n${canonicalLines.join("")}\n${names.join(";")}\n${hash("sha256", body)}`;
  const day = sentAt.slice(0, 8);
  const scope = `${day}/us-east-1/${service}/aws4_request`;
  const key = new SigningKeys().derive("key", secret, day, "us-east-1", service);
  const signature = key.sign(`AWS4-HMAC-SHA256\n${sentAt}\n${scope}\n${hash("sha256", canonical)}`);
  const authorization = `AWS4-HMAC-SHA256 Credential=key/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return Buffer.from(`${alter(`POST ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\nauthorization: ${authorization}\r\n\r\n`)}${body}`);
}

describe("a request like one that was let in before it", () => {
  let listener: Listener;
  let port: number;

  before(async () => {
    const authorize = (): void => {
      if (!world.isAllowed) throw new AwsError("AccessDeniedException", "not any more");
    };
    const gateway: Gateway = {
      clock: { now: () => world.clock.now(), monotonicMs: () => 0, after: () => assert.fail("no timers") },
      keys: new SigningKeys(),
      credentials: { find: () => world.credential },
      log: silentLog,
      dispatcher: new Dispatcher({ authorize }, randomIds, () => ""),
      hosts: [await echoService("lambda", "restJson1"), await echoService("sts", "awsQuery")],
      ownHosts: { names: [], allowsAnyName: false },
      doors: async () => [],
      health: () => ({}),
    };
    listener = new Listener(requestListener(gateway, randomIds));
    port = await listener.listen("127.0.0.1", 0);
  });
  after(() => listener[Symbol.asyncDispose]());

  /** Status, error type and body of the answer to the last of several requests on one connection. */
  async function lastAnswer(requests: readonly Buffer[], beforeLast = (): void => {}): Promise<string> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    let text = "";
    for (const [index, request] of requests.entries()) {
      if (index === requests.length - 1) beforeLast();
      text = "";
      socket.write(request);
      while (!isWhole(text)) text += String((await once(socket, "data"))[0]);
    }
    socket.destroy();
    return text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]+){4}/g, "ID").replace(/^date: .*$/m, "");
  }

  function isWhole(text: string): boolean {
    const end = text.indexOf("\r\n\r\n");
    return end > 0 && text.length >= end + 4 + Number(/content-length: (\d+)/.exec(text)?.[1] ?? 0);
  }

  const good = signed({});
  const asBefore: Record<string, Buffer> = {
    "the same": good,
    "another body": signed({ body: '{"a":1}' }),
    "another body than was signed": Buffer.from(good.toString().replace("{}", "[]")),
    "another signature": signed({ secret: "other" }),
    "a signature that is none": signed({ alter: (head) => head.replace(/Signature=./, "Signature=G") }),
    "a date too early": signed({ sentAt: "20260115T110000Z" }),
    "another day than its scope": signed({ alter: (head) => head.replace("x-amz-date: 20260115", "x-amz-date: 20260116") }),
    "a date that is none": signed({ alter: (head) => head.replace("x-amz-date: 20260115T120000Z", "x-amz-date: 20269915T120000Z") }),
    "another host": signed({ alter: (head) => head.replace("host: localhost", "host: example.com") }),
    "another function": signed({ path: "/2015-03-31/functions/g/invocations" }),
    "another function than was signed": signed({ alter: (head) => head.replace("/f/", "/g/") }),
    "no operation": signed({ path: "/2015-03-31/nothing" }),
    "a page that sent it": signed({ alter: (head) => head.replace("\r\n\r\n", "\r\norigin: http://example.com\r\n\r\n") }),
    "a header unsigned": signed({ alter: (head) => head.replace("\r\n\r\n", "\r\nx-amz-log-type: Tail\r\n\r\n") }),
    "an input by a header": signed({ headers: ["x-amz-log-type: Tail"] }),
    "a service that is not served": signed({ service: "s3" }),
    "another service": signed({ service: "sts", body: "Action=GetCallerIdentity&Version=2011-06-15" }),
  };
  for (const [name, request] of Object.entries(asBefore)) {
    test(`gets the answer that it would get alone: ${name}`, async () => {
      const alone = await lastAnswer([request]);
      assert.equal(await lastAnswer([good, good, request]), alone);
      assert.equal(await lastAnswer([request, good, request]), alone);
    });
  }

  test("is answered for its own body", async () => {
    assert.match(
      await lastAnswer([good, signed({ body: '{"a":1}' })]),
      /^HTTP\/1\.1 200 [^]*"operation":"Invoke"[^]*123,34,97,34,58,49,125/,
    );
    const query = (action: string): Buffer => signed({ service: "sts", path: "/", body: `Action=${action}&Version=2011-06-15` });
    assert.match(await lastAnswer([query("GetCallerIdentity"), query("GetCallerIdentity")]), /GetCallerIdentityResult/);
    assert.match(await lastAnswer([query("GetCallerIdentity"), query("GetSessionToken")]), /GetSessionTokenResult/);
  });

  const changes: Record<string, [change: Partial<typeof world>, answer: RegExp]> = {
    "its key is gone": [{ credential: { status: "unknown" } }, /^HTTP\/1\.1 403 [^]*UnrecognizedClientException/],
    "its session has expired": [{ credential: { status: "expired" } }, /^HTTP\/1\.1 403 [^]*ExpiredTokenException/],
    "its secret is another": [{ credential: { ...valid, secretAccessKey: "new" } }, /^HTTP\/1\.1 403 [^]*InvalidSignatureException/],
    "its rights are gone": [{ isAllowed: false }, /^HTTP\/1\.1 403 [^]*AccessDeniedException/],
    "a quarter of an hour has passed": [{ clock: new ManualClock(startMs + 901_000) }, /^HTTP\/1\.1 403 [^]*Signature expired/],
  };
  for (const [name, [change, answer]] of Object.entries(changes)) {
    test(`is refused as soon as ${name}`, async () => {
      const previous = { ...world };
      try {
        assert.match(await lastAnswer([good, good, good], () => Object.assign(world, change)), answer);
      } finally {
        Object.assign(world, previous);
      }
      assert.match(await lastAnswer([good, good]), /^HTTP\/1\.1 200 /);
    });
  }
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Sha256Node } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { ManualClock } from "#kit/manual-clock.ts";
import { AwsError } from "../errors.ts";
import { rootPrincipal } from "../principal.ts";
import type { ProtocolName } from "../service.ts";
import type { Credential } from "./ports.ts";
import { SigningKeys } from "./signing-keys.ts";
import { type SignedRequest, type Verified, verifyRequest } from "./sigv4.ts";

const principal = rootPrincipal("123456789012");
const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const nowMs = Date.UTC(2026, 0, 15, 12, 0, 0);
const region = "eu-west-1";

interface Draft {
  method?: string;
  path?: string;
  query?: Record<string, string | string[]>;
  headers?: Record<string, string>;
  body?: string;
}

interface Signing {
  service?: string;
  sessionToken?: string;
  /** Makes a presigned URL. */
  expiresIn?: number;
}

interface Sent extends SignedRequest {
  headers: Record<string, string>;
}

/** Signs with the SDK's own signer, and spells the request as the SDK's HTTP client does. */
async function signed({ method = "POST", path = "/", query = {}, headers = {}, body = "" }: Draft, options: Signing = {}): Promise<Sent> {
  const { service = "lambda", sessionToken, expiresIn } = options;
  const signer = new SignatureV4({
    credentials: { ...credentials, ...(sessionToken !== undefined && { sessionToken }) },
    region,
    service,
    sha256: Sha256Node,
    uriEscapePath: service !== "s3",
    applyChecksum: service === "s3",
  });
  const request = { method, protocol: "http:", hostname: "localhost", path, query, headers: { ...headers, host: "localhost:4566" }, body };
  const signingDate = new Date(nowMs);
  const result =
    expiresIn === undefined ? await signer.sign(request, { signingDate }) : await signer.presign(request, { signingDate, expiresIn });
  return {
    method,
    path,
    query: Object.entries(result.query ?? {})
      .flatMap(([name, value]) => [value ?? ""].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`))
      .join("&"),
    headers: Object.fromEntries(Object.entries(result.headers).map(([name, value]) => [name.toLowerCase(), value])),
    bodySha256: sha256(body),
  };
}

const sha256 = (body: string) => (): string => createHash("sha256").update(body).digest("hex");

interface Circumstances {
  protocol?: ProtocolName;
  signingName?: string;
  laterMs?: number;
  credential?: Credential;
}

async function verify(
  request: SignedRequest,
  { protocol = "restJson1", signingName = "lambda", laterMs = 0, credential }: Circumstances = {},
): Promise<Verified> {
  return verifyRequest(request, {
    credentials: { find: () => credential ?? { status: "valid", secretAccessKey: credentials.secretAccessKey, principal } },
    keys: new SigningKeys(),
    clock: new ManualClock(nowMs + laterMs),
    protocol,
    signingName,
  });
}

async function refusal(request: SignedRequest, circumstances?: Circumstances): Promise<{ code: string; message: string }> {
  try {
    await verify(request, circumstances);
  } catch (error) {
    assert.ok(error instanceof AwsError, String(error));
    return { code: error.code, message: error.message };
  }
  assert.fail("the request was accepted");
}

const drafts: Record<string, Draft> = {
  plain: { method: "GET" },
  body: { path: "/2015-03-31/functions/hello/invocations", body: '{"a":1}', headers: { "content-type": "application/json" } },
  "an ARN as a label": { path: "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Ahello%2Fx/invocations" },
  "raw colons and stars": { path: "/functions/arn:aws:lambda:x/(a)*'!" },
  "escapes, spaces, Unicode": { path: "/a%2Fb/c%20d/%E1%88%B4/%7e/100%25" },
  "dots and slashes": { path: "/a/./b/..//c/" },
  "repeated and empty query values": {
    method: "GET",
    query: { tag: ["b", "a", "a-"], "tag-": "1", empty: "", "a b": "c+d/e=f&g", ü: "ß~*'" },
  },
  "spaces in headers": { headers: { "x-amz-meta-a": "  a   b  c ", "x-amz-meta-empty": "" } },
};

for (const [name, draft] of Object.entries(drafts)) {
  for (const service of ["lambda", "s3"]) {
    for (const sessionToken of [undefined, "IQoJb3JpZ2lu+/=="]) {
      for (const expiresIn of [undefined, 60]) {
        const how = `${service}, ${expiresIn ? "presigned" : "header"}${sessionToken ? ", with a token" : ""}`;
        // S3's presigned URLs cover no body, and the SDK's signer spells S3's paths as they are, which S3 itself does not.
        if (service === "s3" && (expiresIn !== undefined || name === "raw colons and stars" || draft.path?.includes("%7e"))) continue;
        test(`the SDK's signature holds: ${name} (${how})`, async () => {
          const request = await signed(draft, { service, ...(sessionToken && { sessionToken }), ...(expiresIn && { expiresIn }) });
          const expected = {
            kind: "signed",
            principal,
            accessKeyId: credentials.accessKeyId,
            sessionToken,
            region,
            signingName: service,
            signedAtMs: nowMs,
            chunkSigning: undefined,
          };
          assert.deepEqual(await verify(request, { signingName: service }), expected);
        });
      }
    }
  }
}

test("a request without a trace of a signature is anonymous", async () => {
  assert.deepEqual(await verify({ method: "GET", path: "/", query: "a=b", headers: { host: "localhost" }, bodySha256: sha256("") }), {
    kind: "anonymous",
  });
});

test("whatever was signed cannot be changed", async () => {
  const request = await signed(
    { path: "/a%2Fb", query: { q: ["1", "2"] }, headers: { "x-amz-meta-a": "x" }, body: "body" },
    { sessionToken: "token" },
  );
  const tampered: Record<string, Partial<SignedRequest>> = {
    method: { method: "PUT" },
    path: { path: "/a/b" },
    case: { path: "/a%2fb" },
    "query value": { query: "q=1&q=3" },
    "query added": { query: `${request.query}&r=` },
    "query dropped": { query: "q=1" },
    body: { bodySha256: sha256("Body") },
    header: { headers: { ...request.headers, "x-amz-meta-a": "y" } },
    "header dropped": { headers: { ...request.headers, "x-amz-meta-a": "" } },
    "header added": { headers: { ...request.headers, "x-amz-target": "Delete" } },
    token: { headers: { ...request.headers, "x-amz-security-token": "other" } },
    host: { headers: { ...request.headers, host: "localhost:4567" } },
    date: { headers: { ...request.headers, "x-amz-date": "20260115T120001Z" } },
    "declared hash": { headers: { ...request.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
    region: { headers: { ...request.headers, authorization: request.headers.authorization!.replace(region, "us-east-1") } },
    "signed headers": { headers: { ...request.headers, authorization: request.headers.authorization!.replace("x-amz-date;", "") } },
  };
  for (const [what, change] of Object.entries(tampered)) {
    assert.equal((await refusal({ ...request, ...change })).code, "InvalidSignatureException", what);
  }
  const signature = /[0-9a-f]{64}$/.exec(request.headers.authorization!)![0];
  const forgeries = [signature.slice(2), `${signature}00`, `${signature}zz`, signature.toUpperCase().replace(/[0-9]/, "g"), "0".repeat(64)];
  for (let index = 0; index < 64; index++)
    forgeries.push(signature.slice(0, index) + (signature[index] === "0" ? "1" : "0") + signature.slice(index + 1));
  for (const forgery of forgeries) {
    const authorization = request.headers.authorization!.replace(signature, forgery);
    assert.equal(
      (await refusal({ ...request, headers: { ...request.headers, authorization } })).code,
      "InvalidSignatureException",
      forgery,
    );
  }
});

test("a presigned URL cannot be changed, nor its life be prolonged", async () => {
  const request = await signed({ method: "GET", path: "/x", query: { a: "1" } }, { expiresIn: 60, sessionToken: "to/ken" });
  for (const [from, to] of [
    ["a=1", "a=2"],
    ["Expires=60", "Expires=61"],
    ["120000Z", "120001Z"],
    ["Token=to", "Token=tO"],
    ["&", "&b=&"],
  ] as const) {
    assert.ok(request.query.includes(from), from);
    assert.equal((await refusal({ ...request, query: request.query.replace(from, to) })).code, "InvalidSignatureException", from);
  }
  assert.equal((await refusal({ ...request, bodySha256: sha256("more") })).code, "InvalidSignatureException");
});

test("AWS's example of a presigned URL of S3, which covers no body", async () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  const request: SignedRequest = {
    method: "GET",
    path: "/test.txt",
    query:
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z" +
      "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    headers: { host: "examplebucket.s3.amazonaws.com" },
    bodySha256: () => assert.fail("nobody needs the hash"),
  };
  const laterMs = Date.UTC(2013, 4, 25) - nowMs;
  assert.equal((await verify(request, { signingName: "s3", laterMs })).kind, "signed");
  assert.equal((await refusal({ ...request, path: "/test.text" }, { signingName: "s3", laterMs })).code, "InvalidSignatureException");
});

test("a session token appended to a presigned URL after signing is taken", async () => {
  const request = await signed({ method: "GET" }, { expiresIn: 60 });
  const verified = await verify({ ...request, query: `${request.query}&X-Amz-Security-Token=a%2Bb` });
  assert.equal(verified.kind === "signed" && verified.sessionToken, "a+b");
});

test("signatures are good for a quarter of an hour, either way", async () => {
  const request = await signed({});
  for (const laterMs of [-900_000, 900_000]) assert.equal((await verify(request, { laterMs })).kind, "signed");
  assert.deepEqual(await refusal(request, { laterMs: 901_000 }), {
    code: "InvalidSignatureException",
    message: "Signature expired: 20260115T120000Z is now earlier than 20260115T120001Z (20260115T121501Z - 15 min.)",
  });
  assert.deepEqual(await refusal(request, { laterMs: -901_000, protocol: "awsQuery" }), {
    code: "SignatureDoesNotMatch",
    message: "Signature not yet current: 20260115T120000Z is still later than 20260115T115959Z (20260115T114459Z + 15 min.)",
  });
});

test("presigned URLs are good until they expire, at most a week", async () => {
  const request = await signed({ method: "GET" }, { expiresIn: 604_800 });
  assert.equal((await verify(request, { laterMs: 604_800_000 })).kind, "signed");
  assert.match(
    (await refusal(request, { laterMs: 604_801_000 })).message,
    /^Signature expired: 20260122T120000Z is now earlier than 20260122T120001Z/,
  );
  assert.match((await refusal(request, { laterMs: -901_000 })).message, /^Signature not yet current/);
  for (const expires of ["0", "604801", "-1", "1e3", "x"]) {
    const { code, message } = await refusal({ ...request, query: request.query.replace("Expires=604800", `Expires=${expires}`) });
    assert.equal(code, "IncompleteSignatureException");
    assert.match(message, /between 1 and 604800/);
  }
});

test("the Date header stands in for X-Amz-Date", async () => {
  const { headers, ...request } = await signed({});
  const { "x-amz-date": _date, ...dateless } = headers;
  const authorization = headers.authorization!.replace("host;x-amz-date", "host");
  // Known by its failure: the time was understood, the signature covers another set of headers.
  const attempt = (date: string): Promise<{ message: string }> => refusal({ ...request, headers: { ...dateless, authorization, date } });
  for (const date of ["Thu, 15 Jan 2026 12:00:00 GMT", "20260115T120000Z"])
    assert.match((await attempt(date)).message, /^The request signature we/);
  assert.match((await attempt("Thu, 15 Jan 2026 11:00:00 GMT")).message, /^Signature expired: 20260115T110000Z/);
  assert.match((await attempt("20260115T996000Z")).message, /basic format/);
  assert.match((await attempt("yesterday")).message, /basic format/);
});

test("any order and spacing of the Authorization header will do", async () => {
  const request = await signed({});
  const [, credential, names, signature] = /^AWS4-HMAC-SHA256 (\S+), (\S+), (\S+)$/.exec(request.headers.authorization!)!;
  for (const authorization of [
    `${signature},${names},${credential}`,
    `  ${names}   ${credential} ,, ${signature} `,
    `${credential} ${names} ${signature}`,
  ]) {
    const headers = { ...request.headers, authorization: `AWS4-HMAC-SHA256 ${authorization}` };
    assert.equal((await verify({ ...request, headers })).kind, "signed", authorization);
  }
});

test("incomplete signatures are told what they lack", async () => {
  const request = await signed({});
  const good = request.headers.authorization!;
  const answers: Array<[authorization: string, code: string, message: RegExp]> = [
    [
      "Bearer secret",
      "IncompleteSignatureException",
      /^Invalid key=value pair \(missing equal-sign\) in Authorization header \(hashed .*: '[^']{43}='\.$/,
    ],
    ["", "IncompleteSignatureException", /requires 'Credential' parameter. Authorization header requires 'Signature' .* 'SignedHeaders'/],
    [good.replace(/, Signature=.*/, ""), "IncompleteSignatureException", /^Authorization header requires 'Signature' parameter. \(Hashed/],
    [good.replace("SHA256", "SHA512"), "IncompleteSignatureException", /^Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'/],
    [good.replace("/aws4_request", ""), "IncompleteSignatureException", /^Credential must have exactly 5 slash-delimited elements/],
    [good.replace("aws4_request", "aws5_request"), "InvalidSignatureException", /valid terminator: 'aws4_request', not 'aws5_request'/],
    [good.replace("/20260115/", "/20260114/"), "InvalidSignatureException", /'20260114' != '20260115', from '20260115T120000Z'/],
    [good.replace(region, "../up"), "IncompleteSignatureException", /slash-delimited/],
    [good.replace(region, "eu_west"), "InvalidSignatureException", /^Credential should be scoped to a valid region\. $/],
    [good.replace("/lambda/", "/sqs/"), "InvalidSignatureException", /^Credential should be scoped to correct service: 'lambda'/],
    [good.replace("host;", ""), "InvalidSignatureException", /^'Host' or ':authority' must be a 'SignedHeader'/],
  ];
  for (const [authorization, code, message] of answers) {
    const answer = await refusal({ ...request, headers: { ...request.headers, authorization } });
    assert.equal(answer.code, code, authorization);
    assert.match(answer.message, message);
    assert.ok(!answer.message.includes("secret"));
  }
  const { message } = await refusal({ ...request, headers: { host: "localhost" }, query: "X-Amz-Algorithm=AWS4-HMAC-SHA256" });
  assert.match(message, /^AWS query-string parameters must include 'X-Amz-Credential'\. .*Re-examine/);
});

test("failures have the code and the text of the protocol's family", async () => {
  const request = await signed({});
  const answers: Array<[Credential, ProtocolName, code: string, message: string]> = [
    [{ status: "unknown" }, "restJson1", "UnrecognizedClientException", "The security token included in the request is invalid."],
    [{ status: "invalid-token" }, "awsQuery", "InvalidClientTokenId", "The security token included in the request is invalid."],
    [{ status: "expired" }, "awsJson1_1", "ExpiredTokenException", "The security token included in the request is expired"],
    [{ status: "expired" }, "awsQuery", "ExpiredToken", "The security token included in the request is expired"],
  ];
  for (const [credential, protocol, code, message] of answers)
    assert.deepEqual(await refusal(request, { credential, protocol }), { code, message });
  const otherSecret = { status: "valid", secretAccessKey: "other", principal } as const;
  assert.equal((await refusal(request, { credential: otherSecret, protocol: "awsQuery" })).code, "SignatureDoesNotMatch");
});

test("a declared hash must be the body's, a declared word stands for it", async () => {
  const hashed = await signed({ body: "body", headers: { "x-amz-content-sha256": sha256("body")() } });
  assert.equal((await verify(hashed)).kind, "signed");
  assert.match((await refusal({ ...hashed, bodySha256: sha256("Body") })).message, /'x-amz-content-sha256' header does not match/);
  for (const word of ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]) {
    const request = await signed({ body: "body", headers: { "x-amz-content-sha256": word } });
    const verified = await verify({ ...request, bodySha256: () => assert.fail("nobody needs the hash") });
    assert.equal(verified.kind === "signed" && verified.chunkSigning !== undefined, word.startsWith("STREAMING-AWS4"), word);
  }
  const presigned = await signed({ headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } }, { expiresIn: 60 });
  assert.match(presigned.query, /X-Amz-Content-Sha256=UNSIGNED-PAYLOAD/i);
  assert.equal((await verify({ ...presigned, bodySha256: () => assert.fail("nobody needs the hash") })).kind, "signed");
  const unknown = await signed({ headers: { "x-amz-content-sha256": "STREAMING-NONSENSE" } });
  assert.equal((await refusal(unknown)).code, "InvalidSignatureException");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { rootPrincipal } from "../principal.ts";
import { canonicalHeaders, canonicalPath, canonicalQuery, parseQuery } from "./canonical-request.ts";
import { SigningKeys } from "./signing-keys.ts";
import { type SignedRequest, verifyRequest } from "./sigv4.ts";

/** Signatures published in AWS's SigV4 test suite: GET or POST on example.amazonaws.com, 2015-08-30, us-east-1, `service`. */
const vectors: Array<{
  name: string;
  method?: string;
  path?: string;
  query?: string;
  headers?: SignedRequest["headers"];
  signature: string;
}> = [
  { name: "get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
  { name: "get-relative", path: "/example/..", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
  { name: "get-slash", path: "//", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
  { name: "post-vanilla", method: "POST", signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
  {
    name: "get-vanilla-query-order-key-case",
    query: "Param2=value2&Param1=value1",
    signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  },
  {
    name: "get-unreserved",
    path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  },
  {
    name: "get-utf8",
    path: Buffer.from("/ሴ").toString("latin1"),
    signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
  },
  { name: "get-space", path: "/example space/", signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741" },
  {
    name: "get-header-key-duplicate",
    headers: { "my-header1": ["value2", "value2", "value1"] },
    signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
  },
  {
    name: "get-header-value-trim",
    headers: { "my-header1": " value1", "my-header2": ' "a   b   c"' },
    signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  },
];

for (const { name, method = "GET", path = "/", query = "", headers = {}, signature } of vectors) {
  test(`AWS's test suite: ${name}`, async () => {
    const signedHeaders = ["host", ...Object.keys(headers), "x-amz-date"].join(";");
    const verified = await verifyRequest(
      {
        method,
        path,
        query,
        headers: {
          ...headers,
          host: "example.amazonaws.com",
          "x-amz-date": "20150830T123600Z",
          authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`,
        },
        bodySha256: () => "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      },
      {
        credentials: {
          find: () => ({
            status: "valid",
            secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            principal: rootPrincipal("123456789012"),
          }),
        },
        keys: new SigningKeys(),
        clock: new ManualClock(Date.UTC(2015, 7, 30, 12, 36)),
        protocol: "restJson1",
        signingName: "service",
      },
    );
    assert.equal(verified.kind, "signed");
  });
}

test("paths are normalised and encoded once more, except S3's", () => {
  assert.equal(canonicalPath("/a%2Fb//./c/../d:e/", "lambda"), "/a%252Fb/d%3Ae/");
  assert.equal(canonicalPath("/a%2fb//./c/../d:e/", "s3"), "/a%2Fb//./c/../d%3Ae/");
  assert.equal(canonicalPath("", "lambda"), "/");
  assert.equal(canonicalPath("/../..", "lambda"), "/");
});

test("queries are decoded, encoded and sorted by name, then value", () => {
  const canonical = (query: string): string => canonicalQuery(parseQuery(query), []);
  assert.equal(canonical("b=2&a=2&a=1&a-=0"), "a=1&a=2&a-=0&b=2");
  assert.equal(canonical("x=a+b&y=a%20b&z=a%2bb"), "x=a%20b&y=a%20b&z=a%2Bb");
  assert.equal(canonical("flag&empty=&&e=a=b"), "e=a%3Db&empty=&flag=");
  assert.equal(canonical("k=%7e%2d*%zz"), "k=~-%2A%25zz");
});

test("spaces in headers fold, other white space of Unicode does not", () => {
  assert.equal(canonicalHeaders({ a: "  x \t  y ", b: "\xc3\xa0" }, ["a", "b", "constructor"]), "a:x y\nb:\xc3\xa0\nconstructor:\n");
});

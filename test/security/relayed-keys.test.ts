/**
 * The relay of an environment reads who signed a request, and so does the gateway behind it. Whatever a function writes, the gateway must never see
 * another signer than the relay has let through: thousands of garbled requests are shown to both.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { signers } from "#sandbox/endpoint-relay.ts";
import { parseQuery } from "#wire/auth/canonical-request.ts";
import { readClaim } from "#wire/auth/signature-claim.ts";
import { seededRandom } from "#test/random-values.ts";

const own = "ASIAOWN";
const keys = [own, own, "test", "AKIAOTHER", "te%73t", "%74est", "test%00", ""];
const scope = "20260101/us-east-1/lambda/aws4_request";
const headerPieces = [
  "AWS4-HMAC-SHA256",
  "Credential",
  "credential",
  "XCredential",
  "=",
  "==",
  ",",
  ", ",
  " ",
  "\t",
  "/",
  `/${scope}`,
  "SignedHeaders=host",
  "Signature=00",
  ...keys,
];
const queryPieces = [
  "X-Amz-Algorithm=AWS4-HMAC-SHA256",
  "X-Amz-Credential=",
  "x-amz-credential=",
  "X-Amz-%43redential=",
  "X-Amz-Credential%3D",
  "X-Amz-Date=20260101T000000Z",
  "X-Amz-Expires=900",
  "X-Amz-SignedHeaders=host",
  "X-Amz-Signature=00",
  "&",
  "&",
  "&",
  "?",
  "#",
  ";",
  "+",
  "%26",
  "%2F",
  scope.replaceAll("/", "%2F"),
  `%2F${scope}`,
  ...keys,
];
const rounds = 20_000;

test("the gateway sees no signer that the relay has not seen", () => {
  const random = seededRandom(20_261_121);
  const pick = (pieces: readonly string[]): string => pieces[Math.floor(random() * pieces.length)]!;
  const some = (pieces: readonly string[]): string => Array.from({ length: Math.floor(random() * 8) }, () => pick(pieces)).join("");
  const seen = { own: 0, other: 0, refused: 0 };
  for (let round = 0; round < rounds; round++) {
    const key = pick(keys);
    // Mostly well-formed, or the gateway would refuse nearly all of them by their form.
    const authorization = `AWS4-HMAC-SHA256 ${some(headerPieces)}${pick([" ", ",", ""])}Credential=${key}/${scope}, SignedHeaders=host, Signature=00${some(headerPieces)}`;
    const presigned = [
      "X-Amz-Algorithm=AWS4-HMAC-SHA256",
      `${pick(["X-Amz-Credential", "X-Amz-%43redential"])}=${key}%2F${scope.replaceAll("/", "%2F")}`,
      "X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=00",
    ].join("&");
    const query = `${some(queryPieces)}${pick(["&", ""])}${presigned}${some(queryPieces)}`;
    const isPresigned = random() < 0.5;
    const headers = isPresigned ? {} : { authorization, "x-amz-date": "20260101T000000Z" };
    const url = isPresigned ? `/path?${query}` : "/path";
    const claimed = accessKeyOf(headers, isPresigned ? query : "");
    const isRelayed = signers({ headers, url }).every((signer) => signer === own);
    if (!isRelayed) seen.refused++;
    else if (claimed === own) seen.own++;
    else if (claimed !== undefined) assert.fail(`${claimed} got through: ${JSON.stringify({ headers, url })}`);
    if (claimed !== undefined && claimed !== own) seen.other++;
  }
  // Otherwise nothing was shown.
  assert.ok(seen.own > 500 && seen.other > 500 && seen.refused > 500, JSON.stringify(seen));
});

/** Undefined if the gateway would refuse the request by its form. */
function accessKeyOf(headers: Record<string, string>, query: string): string | undefined {
  try {
    return readClaim(headers, parseQuery(query))?.accessKeyId;
  } catch {
    return undefined;
  }
}

/** What no SDK would send, as AWS answers it: unknown operations, wrong types, and who cannot show who they are. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { randomIds } from "#kit/ids.ts";
import { createFunction } from "#test/functions.ts";
import { accountId, type Product, startProduct } from "#test/product.ts";
import { type Draft, send, sendSigned, sign } from "#test/raw-requests.ts";
import { SessionIssuer } from "#wire/auth/session-token.ts";
import { rootPrincipal } from "#wire/principal.ts";

const functions = "/2015-03-31/functions";
const form = { "content-type": "application/x-www-form-urlencoded" };
const query = (service: "iam" | "sts", body: string): Draft => ({ method: "POST", service, headers: form, body });
const logs = (operation: string, body: string): Draft => ({
  method: "POST",
  service: "logs",
  headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `Logs_20140328.${operation}` },
  body,
});

const rawRows: Array<[name: string, draft: Draft, status: number, code: string, message: string]> = [
  ["an unknown path", { path: "/2015-03-31/nothing" }, 404, "UnknownOperationException", ""],
  ["an unknown method", { method: "PATCH", path: functions }, 404, "UnknownOperationException", ""],
  [
    "an operation that is modelled, but not served",
    { method: "POST", path: "/2025-11-30/capacity-providers", body: "{}" },
    501,
    "NotImplemented",
    "Pilotlight does not implement lambda:CreateCapacityProvider yet. docs/services/lambda.md lists what is served.",
  ],
  [
    "half an object",
    { method: "POST", path: functions, body: '{"FunctionName":' },
    400,
    "SerializationException",
    "Could not parse request body into json",
  ],
  [
    "a list for an object",
    { method: "POST", path: functions, body: "[]" },
    400,
    "SerializationException",
    "Start of list found where not expected",
  ],
  [
    "a number for a string",
    { method: "POST", path: functions, body: '{"FunctionName":1}' },
    400,
    "SerializationException",
    "NUMBER_VALUE cannot be converted to String",
  ],
  [
    "a string for a number",
    { method: "POST", path: functions, body: '{"Timeout":"abc"}' },
    400,
    "SerializationException",
    "STRING_VALUE cannot be converted to Integer",
  ],
  [
    "an object for a string",
    { method: "POST", path: functions, body: '{"Handler":{}}' },
    400,
    "SerializationException",
    "Start of structure or map found where not expected.",
  ],
  [
    "bytes that are not in base64",
    { method: "POST", path: functions, body: '{"Code":{"ZipFile":"%"}}' },
    400,
    "SerializationException",
    "Invalid base64",
  ],
  [
    "a word for a number in the query",
    { path: functions, query: { MaxItems: "many" } },
    400,
    "SerializationException",
    "STRING_VALUE cannot be converted to Integer",
  ],
  [
    "half an item",
    { path: functions, query: { MaxItems: "1.5" } },
    400,
    "ValidationException",
    "1 validation error detected: Value '1.5' at 'maxItems' failed to satisfy constraint: Member must be a whole number",
  ],
  [
    "half a second",
    { method: "PUT", path: `${functions}/there/configuration`, body: '{"Timeout":1.5}' },
    400,
    "ValidationException",
    "1 validation error detected: Value '1.5' at 'timeout' failed to satisfy constraint: Member must be a whole number",
  ],
  [
    "nothing of what is required",
    { method: "POST", path: functions, body: "" },
    400,
    "ValidationException",
    `3 validation errors detected: ${["functionName", "role", "code"].map((member) => `Value null at '${member}' failed to satisfy constraint: Member must not be null`).join("; ")}`,
  ],
  [
    "IAM: an unknown action",
    query("iam", "Action=Nope&Version=2010-05-08"),
    400,
    "InvalidAction",
    "Could not find operation Nope for version 2010-05-08",
  ],
  [
    "IAM: an unknown version",
    query("iam", "Action=GetRole&Version=2000-01-01"),
    400,
    "InvalidAction",
    "Could not find operation GetRole for version 2000-01-01",
  ],
  ["IAM: no action", query("iam", "Version=2010-05-08"), 400, "MissingAction", "Missing Action"],
  [
    "IAM: a word for a number",
    query("iam", "Action=ListRoles&Version=2010-05-08&MaxItems=many"),
    400,
    "MalformedInput",
    "many is not a valid number",
  ],
  [
    "IAM: no name",
    query("iam", "Action=GetRole&Version=2010-05-08"),
    400,
    "ValidationError",
    "1 validation error detected: Value at 'roleName' failed to satisfy constraint: Member must not be null",
  ],
  [
    "IAM: nobody",
    query("iam", "Action=GetRole&Version=2010-05-08&RoleName=nobody"),
    404,
    "NoSuchEntity",
    "The role with name nobody cannot be found.",
  ],
  [
    "STS: not served",
    query("sts", "Action=GetFederationToken&Version=2011-06-15&Name=xx"),
    501,
    "NotImplemented",
    "Pilotlight does not implement sts:GetFederationToken yet. docs/services/sts.md lists what is served.",
  ],
  ["Logs: an unknown operation", logs("Nope", "{}"), 404, "UnknownOperationException", ""],
  [
    "Logs: not served",
    logs("CancelExportTask", '{"taskId":"x"}'),
    501,
    "NotImplemented",
    "Pilotlight does not implement logs:CancelExportTask yet. docs/services/logs.md lists what is served.",
  ],
  ["Logs: half an object", logs("DescribeLogGroups", "{"), 400, "SerializationException", "Could not parse request body into json"],
  [
    "Logs: a word for a number",
    logs("DescribeLogGroups", '{"limit":"many"}'),
    400,
    "SerializationException",
    "STRING_VALUE cannot be converted to Integer",
  ],
  [
    "Logs: no name",
    logs("CreateLogGroup", "{}"),
    400,
    "InvalidParameterException",
    "1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null",
  ],
];

const wrongSignature =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const badToken = "The security token included in the request is invalid.";
const oldToken = "The security token included in the request is expired";
const wrongSecret = { accessKeyId: "test", secretAccessKey: "wrong" };
const unknownKey = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "test" };
/** One call per family of protocols, each with its own words for who may not come in. */
const doors = [
  {
    draft: { path: functions } satisfies Draft,
    codes: {
      signature: "InvalidSignatureException",
      key: "UnrecognizedClientException",
      expired: "ExpiredTokenException",
      none: "MissingAuthenticationTokenException",
      half: "IncompleteSignatureException",
    },
    none: "Missing Authentication Token",
  },
  {
    draft: query("iam", "Action=ListRoles&Version=2010-05-08"),
    codes: {
      signature: "SignatureDoesNotMatch",
      key: "InvalidClientTokenId",
      expired: "ExpiredToken",
      none: "MissingAuthenticationToken",
      half: "IncompleteSignature",
    },
    none: "Request is missing Authentication Token",
  },
];

/** Code and message of an answer in JSON or XML. */
function read({ headers, text }: { headers: Record<string, unknown>; text: string }): { code: string; message: string } {
  const unescape = (xml: string): string => xml.replaceAll("&apos;", "'");
  if (text.startsWith("<"))
    return { code: /<Code>(.*)<\/Code>/.exec(text)![1]!, message: unescape(/<Message>(.*)<\/Message>/s.exec(text)![1]!) };
  return { code: String(headers["x-amzn-errortype"]), message: (JSON.parse(text) as { message?: string }).message ?? "" };
}

describe("a request", () => {
  let product: Product;

  before(async () => {
    product = await startProduct();
    await createFunction(product.lambda, "there", "exports.handler = async () => 1;");
  });
  after(() => product[Symbol.asyncDispose]());

  for (const [name, draft, status, code, message] of rawRows) {
    test(name, async () => {
      const answer = await sendSigned(product.endpoint, draft);
      assert.deepEqual({ status: answer.status, ...read(answer) }, { status, code, message });
      assert.match(String(answer.headers["x-amzn-requestid"]), /^[0-9a-f-]{36}$/);
    });
  }

  for (const { draft, codes, none } of doors) {
    test(`${draft.service ?? "lambda"}: whoever cannot show who they are stays outside`, async () => {
      const { endpoint, dataFolder } = product;
      const expect = async (changes: Partial<Draft>, status: number, code: string, message: string | RegExp): Promise<void> => {
        const answer = await sendSigned(endpoint, { ...draft, ...changes });
        assert.equal(answer.status, status);
        assert.equal(read(answer).code, code);
        if (typeof message === "string") assert.equal(read(answer).message, message);
        else assert.match(read(answer).message, message);
      };
      await expect({ credentials: wrongSecret }, 403, codes.signature, wrongSignature);
      await expect({ credentials: unknownKey }, 403, codes.key, badToken);
      await expect(
        { credentials: { ...unknownKey, accessKeyId: "ASIAIOSFODNN7EXAMPLE", sessionToken: "forged" } },
        403,
        codes.key,
        badToken,
      );
      const issuer = new SessionIssuer(await readFile(join(dataFolder, "secret.key")), randomIds);
      await expect(
        { credentials: issuer.issue({ principal: rootPrincipal(accountId), expiresAtMs: Date.now() - 1 }) },
        403,
        codes.expired,
        oldToken,
      );
      await expect(
        { signingDate: new Date(Date.now() - 16 * 60_000) },
        403,
        codes.signature,
        /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/,
      );
      await expect(
        { signingDate: new Date(Date.now() + 16 * 60_000) },
        403,
        codes.signature,
        /^Signature not yet current: \d{8}T\d{6}Z is still later than/,
      );

      const unsigned = await sign(endpoint, draft);
      delete unsigned.headers["authorization"];
      assert.deepEqual(
        { status: (await send(endpoint, unsigned)).status, ...read(await send(endpoint, unsigned)) },
        { status: 403, code: codes.none, message: none },
      );
      unsigned.headers["authorization"] = "AWS4-HMAC-SHA256 Credential=test";
      assert.deepEqual(
        { status: (await send(endpoint, unsigned)).status, code: read(await send(endpoint, unsigned)).code },
        { status: 400, code: codes.half },
      );
    });
  }
});

/** Errors as AWS answers them: code, status, exact message, and the members of the body. Recorded from AWS up to March 2026. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { type CreateFunctionCommandInput, Lambda } from "@aws-sdk/client-lambda";
import { randomIds } from "#kit/ids.ts";
import { createFunction, nodeRuntime } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { accountId, type Product, roleArn, startProduct } from "#test/product.ts";
import { type Draft, send, sendSigned, sign } from "#test/raw-requests.ts";
import { SessionIssuer } from "#wire/auth/session-token.ts";
import { rootPrincipal } from "#wire/principal.ts";

interface Answer {
  code: string;
  status: number;
  message: string;
  /** Of the body, in alphabetical order. */
  members: string;
}

type Row = [name: string, call: (lambda: Lambda) => Promise<unknown>, wanted: Answer];

const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:${accountId}:function:${name}`;
const badParameter = (message: string): Answer => ({ code: "InvalidParameterValueException", status: 400, message, members: "Type,message" });
const notFound = (message: string): Answer => ({ code: "ResourceNotFoundException", status: 404, message, members: "Message,Type" });
const notJson = (message: string): Answer => ({ code: "InvalidRequestContentException", status: 400, message, members: "Type,message" });
const tooLarge = (message: string): Answer => ({ code: "RequestTooLargeException", status: 413, message, members: "Type,message" });
const entityTooLarge = (message: string): Answer => ({ code: "RequestEntityTooLargeException", status: 413, message, members: "message" });
const invalid = (value: string, member: string, demand: string): Answer => ({
  code: "ValidationException",
  status: 400,
  message: `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: ${demand}`,
  members: "message",
});
const wrongRevision: Answer = {
  code: "PreconditionFailedException",
  status: 412,
  message: "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
  members: "Type,message",
};

const region = String.raw`(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}`;
const namePattern = (name: string, latest: string): string =>
  String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:)?(${region}:)?(\d{12}:)?(function:)?(${name})(:(\$LATEST${latest}|[a-zA-Z0-9-_]+))?`;
const pattern = (text: string): string => `Member must satisfy regular expression pattern: ${text}`;
const oneOf = (...values: string[]): string => `Member must satisfy enum value set: [${values.join(", ")}]`;
const notNull = "Member must not be null";

const zip = await zipOf({ "index.js": "exports.handler = async () => 1;" });
const create = (changes: Partial<CreateFunctionCommandInput>) => (lambda: Lambda) =>
  lambda.createFunction({ FunctionName: "new", Runtime: nodeRuntime, Handler: "index.handler", Role: roleArn, Code: { ZipFile: zip }, ...changes });

const runtimes =
  "[nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2]";
const badRuntime = (name: string): Answer => badParameter(`Value ${name} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: ${runtimes} or be a valid ARN`);
const endedRuntimes = ["dotnetcore3.1", "go1.x", "java8", "nodejs12.x", "nodejs14.x", "provided", "python3.7", "ruby2.7"];
const environmentTooLarge = (variables: Record<string, string>): Answer =>
  badParameter(`Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${JSON.stringify(variables)}`);
const large = { LARGE_VAR: "x".repeat(4_081) };
const small = { SMALL_VAR: "ok", LARGE_VAR: "x".repeat(4_064) };
const tags = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`key${index}`, "value"]));
const tooManyTags = badParameter("Number of tags exceeds resource tag limit.");
const badZip = badParameter("Could not unzip uploaded file. Please check your file, then try to upload again.");

const createFunctionRows: Row[] = [
  ["a name that is taken", create({ FunctionName: "there" }), { code: "ResourceConflictException", status: 409, message: "Function already exist: there", members: "Type,message" }],
  ["a name of 65 characters", create({ FunctionName: "a".repeat(65) }), badParameter(`1 validation error detected: Value '${"a".repeat(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`)],
  ["a name of 141 characters", create({ FunctionName: "a".repeat(141) }), invalid(`'${"a".repeat(141)}'`, "functionName", "Member must have length less than or equal to 140")],
  ["a name with colons", create({ FunctionName: "invalid:function:name" }), invalid("'invalid:function:name'", "functionName", pattern(namePattern("[a-zA-Z0-9-_]+", "")))],
  ["a role that is no ARN", create({ Role: "r1" }), invalid("'r1'", "role", pattern(String.raw`arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`))],
  ["a role of another account", create({ Role: "arn:aws:iam::111111111111:role/r" }), badParameter("Cross-account pass role is not allowed.")],
  ["a role that is not there", create({ Role: `arn:aws:iam::${accountId}:role/nobody` }), badParameter("The role defined for the function cannot be assumed by Lambda.")],
  ["a runtime that never was", create({ Runtime: "non-existent-runtime" as never }), badRuntime("non-existent-runtime")],
  ["a runtime in capitals", create({ Runtime: "PYTHON3.9" as never }), badRuntime("PYTHON3.9")],
  ...endedRuntimes.map((runtime): Row => [
    `the ended runtime ${runtime}`,
    create({ Runtime: runtime as never }),
    badParameter(`The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`),
  ]),
  ["neither runtime nor handler", create({ Runtime: undefined, Handler: undefined }), badParameter("Runtime and Handler are mandatory parameters for functions created with deployment packages.")],
  ["no code", create({ Code: undefined }), invalid("null", "code", notNull)],
  ["an architecture in capitals", create({ Architectures: ["X86_64" as never] }), invalid("'[X86_64]'", "architectures", `Member must satisfy constraint: [${oneOf("x86_64", "arm64")}, ${notNull}]`)],
  ["two architectures", create({ Architectures: ["x86_64", "arm64"] }), invalid("'[x86_64, arm64]'", "architectures", "Member must have length less than or equal to 1")],
  ["an unknown SnapStart", create({ SnapStart: { ApplyOn: "invalidOption" as never } }), invalid("'invalidOption'", "snapStart.applyOn", oneOf("PublishedVersions", "None"))],
  ["an unknown subnet", create({ VpcConfig: { SubnetIds: ["s1"] } }), invalid("'[s1]'", "vpcConfig.subnetIds", `Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, ${pattern("subnet-[0-9a-z]*")}]`)],
  ["too large an environment", create({ Environment: { Variables: large } }), environmentTooLarge(large)],
  ["an environment too large together", create({ Environment: { Variables: small } }), environmentTooLarge(small)],
  ["too little memory", create({ MemorySize: 127 }), invalid("'127'", "memorySize", "Member must have value greater than or equal to 128")],
  ["no time at all", create({ Timeout: 0 }), invalid("'0'", "timeout", "Member must have value greater than or equal to 1")],
  ["51 tags", create({ Tags: tags }), tooManyTags],
  ["no zip", create({ Code: { ZipFile: Buffer.from("not a zip") } }), badZip],
  ["a zip of 50 MB and a byte", create({ Code: { ZipFile: Buffer.alloc(52_428_801) } }), entityTooLarge("Zipped size must be smaller than 52428800 bytes")],
  ["a body over the limit", create({ Code: { ZipFile: Buffer.alloc(52_700_000) } }), entityTooLarge("Request must be smaller than 70167211 bytes for the CreateFunction operation")],
];

const readingRows: Row[] = [
  ["GetFunction of nobody", (lambda) => lambda.getFunction({ FunctionName: "nobody" }), notFound(`Function not found: ${arnOf("nobody")}`)],
  ["GetFunction of nobody's $LATEST", (lambda) => lambda.getFunction({ FunctionName: "nobody", Qualifier: "$LATEST" }), notFound(`Function not found: ${arnOf("nobody")}:$LATEST`)],
  ["GetFunction of a version that is not there", (lambda) => lambda.getFunction({ FunctionName: "there", Qualifier: "42" }), notFound(`Function not found: ${arnOf("there")}:42`)],
  ["GetFunction of an alias that is not there", (lambda) => lambda.getFunction({ FunctionName: "there:nobody" }), notFound(`Function not found: ${arnOf("there")}:nobody`)],
  ["GetFunction with an odd qualifier", (lambda) => lambda.getFunction({ FunctionName: "there", Qualifier: "valid-with-$-but-doesnotexist" }), notFound(`Function not found: ${arnOf("there")}:valid-with-$-but-doesnotexist`)],
  ["GetFunction with a bad qualifier", (lambda) => lambda.getFunction({ FunctionName: "there", Qualifier: "invalid-qualifier-with-?-char" }), invalid("'invalid-qualifier-with-?-char'", "qualifier", pattern(String.raw`\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+`))],
  ["GetFunction with two qualifiers", (lambda) => lambda.getFunction({ FunctionName: "there:$LATEST", Qualifier: "1" }), badParameter("The derived qualifier from the function name does not match the specified qualifier.")],
  ["GetFunction of another region", (lambda) => lambda.getFunction({ FunctionName: arnOf("there").replace("us-east-1", "ap-southeast-1") }), notFound("Functions from 'ap-southeast-1' are not reachable in this region ('us-east-1')")],
  ["GetFunction by a crooked ARN", (lambda) => lambda.getFunction({ FunctionName: "arn:aws:lambda:us-east-1:123400000000@function:myfn" }), invalid("'arn:aws:lambda:us-east-1:123400000000@function:myfn'", "functionName", pattern(namePattern(String.raw`[a-zA-Z0-9-_\.]+`, String.raw`(\.PUBLISHED)?`)))],
  ["GetFunctionConfiguration of nobody", (lambda) => lambda.getFunctionConfiguration({ FunctionName: "nobody" }), notFound(`Function not found: ${arnOf("nobody")}`)],
  ["ListFunctions of some versions", (lambda) => lambda.listFunctions({ FunctionVersion: "invalid" as never }), invalid("'invalid'", "functionVersion", oneOf("ALL"))],
  ["ListFunctions, none please", (lambda) => lambda.listFunctions({ MaxItems: 0 }), invalid("'0'", "maxItems", "Member must have value greater than or equal to 1")],
  ["ListTags of nobody", (lambda) => lambda.listTags({ Resource: arnOf("nobody") }), notFound(`Function not found: ${arnOf("nobody")}`)],
];

const changingRows: Row[] = [
  ["UpdateFunctionCode of nobody", (lambda) => lambda.updateFunctionCode({ FunctionName: "nobody", ZipFile: zip }), notFound(`Function not found: ${arnOf("nobody")}`)],
  ["UpdateFunctionCode with an old revision", (lambda) => lambda.updateFunctionCode({ FunctionName: "there", ZipFile: zip, RevisionId: "old" }), wrongRevision],
  ["UpdateFunctionCode with an image", (lambda) => lambda.updateFunctionCode({ FunctionName: "there", ImageUri: "image" }), badParameter("Please don't provide ImageUri when updating a function with packageType Zip.")],
  ["UpdateFunctionCode with no zip", (lambda) => lambda.updateFunctionCode({ FunctionName: "there", ZipFile: Buffer.from("PK") }), badZip],
  ["UpdateFunctionConfiguration of nobody", (lambda) => lambda.updateFunctionConfiguration({ FunctionName: "nobody" }), notFound(`Function not found: ${arnOf("nobody")}`)],
  ["UpdateFunctionConfiguration with an old revision", (lambda) => lambda.updateFunctionConfiguration({ FunctionName: "there", RevisionId: "old" }), wrongRevision],
  ["UpdateFunctionConfiguration to an ended runtime", (lambda) => lambda.updateFunctionConfiguration({ FunctionName: "there", Runtime: "non-existent-runtime" as never }), badRuntime("non-existent-runtime")],
  ["UpdateFunctionConfiguration with too large an environment", (lambda) => lambda.updateFunctionConfiguration({ FunctionName: "there", Environment: { Variables: large } }), environmentTooLarge(large)],
  ["DeleteFunction of nobody", (lambda) => lambda.deleteFunction({ FunctionName: "nobody" }), notFound(`Function not found: ${arnOf("nobody")}`)],
  ["DeleteFunction of $LATEST", (lambda) => lambda.deleteFunction({ FunctionName: "there", Qualifier: "$LATEST" }), badParameter("$LATEST version cannot be deleted without deleting the function.")],
  ["TagResource of nobody", (lambda) => lambda.tagResource({ Resource: arnOf("nobody"), Tags: { a: "b" } }), notFound(`Function not found: ${arnOf("nobody")}`)],
  ["TagResource of a version", (lambda) => lambda.tagResource({ Resource: `${arnOf("there")}:1`, Tags: { a: "b" } }), badParameter("Tags on function aliases and versions are not supported. Please specify a function ARN.")],
  ["TagResource with 51 tags", (lambda) => lambda.tagResource({ Resource: arnOf("there"), Tags: tags }), tooManyTags],
  ["UntagResource without keys", (lambda) => lambda.untagResource({ Resource: arnOf("there"), TagKeys: undefined }), invalid("null", "tagKeys", notNull)],
];

const unparsable = "Could not parse request body into json: Could not parse payload into json: ";
const expected = "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const place = (column: number): string => `\n at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: 1, column: ${column}]`;
const invoke = (Payload: string | Uint8Array, InvocationType?: "Event" | "DryRun") => (lambda: Lambda) => lambda.invoke({ FunctionName: "there", Payload, InvocationType });

const invokeRows: Row[] = [
  ["nobody", (lambda) => lambda.invoke({ FunctionName: "nobody" }), notFound(`Function not found: ${arnOf("nobody")}`)],
  ["nobody, for a dry run", (lambda) => lambda.invoke({ FunctionName: "nobody", InvocationType: "DryRun" }), notFound(`Function not found: ${arnOf("nobody")}`)],
  ["nobody, later", (lambda) => lambda.invoke({ FunctionName: "nobody", InvocationType: "Event" }), notFound(`Function not found: ${arnOf("nobody")}`)],
  ["a version that is not there", (lambda) => lambda.invoke({ FunctionName: "there", Qualifier: "10" }), notFound(`Function not found: ${arnOf("there")}:10`)],
  ["with a control character", invoke(Buffer.from([0x99])), notJson(`${unparsable}Unexpected character ((CTRL-CHAR, code 153)): ${expected}${place(1)}`)],
  ["with bytes that are no UTF-8", invoke(Buffer.from([0x22, 0x61, 0x87])), notJson(`${unparsable}Invalid UTF-8 start byte 0x87${place(3)}`)],
  ["later, with half an object", invoke("{", "Event"), notJson(`${unparsable}Unexpected end-of-input${place(2)}`)],
  ["in an unknown way", invoke("{}", "Wrong" as "Event"), invalid("'Wrong'", "invocationType", oneOf("Event", "RequestResponse", "DryRun"))],
  ["with more than 6 MB", invoke(`"${"x".repeat(6_291_455)}"`), tooLarge("Request must be smaller than 6291456 bytes for the InvokeFunction operation")],
  ["later, with more than 1 MB", invoke(`"${"x".repeat(1_048_575)}"`, "Event"), tooLarge("1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)")],
];

const suites = { CreateFunction: createFunctionRows, "reading a function": readingRows, "changing a function": changingRows, Invoke: invokeRows };

const functions = "/2015-03-31/functions";
const form = { "content-type": "application/x-www-form-urlencoded" };
const query = (service: "iam" | "sts", body: string): Draft => ({ method: "POST", service, headers: form, body });
const logs = (operation: string, body: string): Draft => ({
  method: "POST",
  service: "logs",
  headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `Logs_20140328.${operation}` },
  body,
});

/** What the SDK would not send; the body is the exact one, save for the XML around it. */
const rawRows: Array<[name: string, draft: Draft, status: number, code: string, message: string]> = [
  ["an unknown path", { path: "/2015-03-31/nothing" }, 404, "UnknownOperationException", ""],
  ["an unknown method", { method: "PATCH", path: functions }, 404, "UnknownOperationException", ""],
  ["an operation that is modelled, but not served", { method: "POST", path: "/2020-04-22/code-signing-configs", body: "{}" }, 501, "NotImplemented", "Pilotlight does not implement lambda:CreateCodeSigningConfig yet. docs/services/lambda.md lists what is served."],
  ["half an object", { method: "POST", path: functions, body: '{"FunctionName":' }, 400, "SerializationException", "Could not parse request body into json"],
  ["a list for an object", { method: "POST", path: functions, body: "[]" }, 400, "SerializationException", "Start of list found where not expected"],
  ["a number for a string", { method: "POST", path: functions, body: '{"FunctionName":1}' }, 400, "SerializationException", "NUMBER_VALUE cannot be converted to String"],
  ["a string for a number", { method: "POST", path: functions, body: '{"Timeout":"abc"}' }, 400, "SerializationException", "STRING_VALUE cannot be converted to Integer"],
  ["an object for a string", { method: "POST", path: functions, body: '{"Handler":{}}' }, 400, "SerializationException", "Start of structure or map found where not expected."],
  ["bytes that are not in base64", { method: "POST", path: functions, body: '{"Code":{"ZipFile":"%"}}' }, 400, "SerializationException", "Invalid base64"],
  ["a word for a number in the query", { path: functions, query: { MaxItems: "many" } }, 400, "SerializationException", "STRING_VALUE cannot be converted to Integer"],
  ["half an item", { path: functions, query: { MaxItems: "1.5" } }, 400, "ValidationException", "1 validation error detected: Value '1.5' at 'maxItems' failed to satisfy constraint: Member must be a whole number"],
  ["half a second", { method: "PUT", path: `${functions}/there/configuration`, body: '{"Timeout":1.5}' }, 400, "ValidationException", "1 validation error detected: Value '1.5' at 'timeout' failed to satisfy constraint: Member must be a whole number"],
  ["nothing of what is required", { method: "POST", path: functions, body: "" }, 400, "ValidationException", `3 validation errors detected: ${["functionName", "role", "code"].map((member) => `Value null at '${member}' failed to satisfy constraint: ${notNull}`).join("; ")}`],
  ["IAM: an unknown action", query("iam", "Action=Nope&Version=2010-05-08"), 400, "InvalidAction", "Could not find operation Nope for version 2010-05-08"],
  ["IAM: an unknown version", query("iam", "Action=GetRole&Version=2000-01-01"), 400, "InvalidAction", "Could not find operation GetRole for version 2000-01-01"],
  ["IAM: no action", query("iam", "Version=2010-05-08"), 400, "MissingAction", "Missing Action"],
  ["IAM: a word for a number", query("iam", "Action=ListRoles&Version=2010-05-08&MaxItems=many"), 400, "MalformedInput", "many is not a valid number"],
  ["IAM: no name", query("iam", "Action=GetRole&Version=2010-05-08"), 400, "ValidationError", "1 validation error detected: Value at 'roleName' failed to satisfy constraint: Member must not be null"],
  ["IAM: nobody", query("iam", "Action=GetRole&Version=2010-05-08&RoleName=nobody"), 404, "NoSuchEntity", "The role with name nobody cannot be found."],
  ["STS: not served", query("sts", "Action=GetFederationToken&Version=2011-06-15&Name=xx"), 501, "NotImplemented", "Pilotlight does not implement sts:GetFederationToken yet. docs/services/sts.md lists what is served."],
  ["Logs: an unknown operation", logs("Nope", "{}"), 404, "UnknownOperationException", ""],
  ["Logs: not served", logs("CancelExportTask", '{"taskId":"x"}'), 501, "NotImplemented", "Pilotlight does not implement logs:CancelExportTask yet. docs/services/logs.md lists what is served."],
  ["Logs: half an object", logs("DescribeLogGroups", "{"), 400, "SerializationException", "Could not parse request body into json"],
  ["Logs: a word for a number", logs("DescribeLogGroups", '{"limit":"many"}'), 400, "SerializationException", "STRING_VALUE cannot be converted to Integer"],
  ["Logs: no name", logs("CreateLogGroup", "{}"), 400, "InvalidParameterException", "1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null"],
];

const wrongSignature = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const badToken = "The security token included in the request is invalid.";
const oldToken = "The security token included in the request is expired";
const wrongSecret = { accessKeyId: "test", secretAccessKey: "wrong" };
const unknownKey = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "test" };
/** One call per family of protocols, each with its own words for who may not come in. */
const doors = [
  { draft: { path: functions } satisfies Draft, codes: { signature: "InvalidSignatureException", key: "UnrecognizedClientException", expired: "ExpiredTokenException", none: "MissingAuthenticationTokenException", half: "IncompleteSignatureException" }, none: "Missing Authentication Token" },
  { draft: query("iam", "Action=ListRoles&Version=2010-05-08"), codes: { signature: "SignatureDoesNotMatch", key: "InvalidClientTokenId", expired: "ExpiredToken", none: "MissingAuthenticationToken", half: "IncompleteSignature" }, none: "Request is missing Authentication Token" },
];

/** Code and message of an answer in JSON or XML. */
function read({ headers, text }: { headers: Record<string, unknown>; text: string }): { code: string; message: string } {
  const unescape = (xml: string): string => xml.replaceAll("&apos;", "'");
  if (text.startsWith("<")) return { code: /<Code>(.*)<\/Code>/.exec(text)![1]!, message: unescape(/<Message>(.*)<\/Message>/s.exec(text)![1]!) };
  return { code: String(headers["x-amzn-errortype"]), message: (JSON.parse(text) as { message?: string }).message ?? "" };
}

describe("an error of Lambda", () => {
  let product: Product;
  /** The body of the last answer. */
  let body = "";

  before(async () => {
    product = await startProduct();
    await createFunction(product.lambda, "there", "exports.handler = async () => 1;");
    product.lambda.middlewareStack.addRelativeTo(
      (next) => async (args) => {
        const result = await next(args);
        const response = result.response as { body: Readable };
        const bytes = await buffer(response.body);
        body = bytes.toString();
        response.body = Readable.from([bytes]);
        return result;
      },
      { relation: "after", toMiddleware: "deserializerMiddleware" },
    );
  });
  after(() => product[Symbol.asyncDispose]());

  for (const [suite, rows] of Object.entries(suites)) {
    for (const [name, call, wanted] of rows) {
      test(`${suite}: ${name}`, async () => {
        const error = await call(product.lambda).then(
          () => assert.fail("it was accepted"),
          (reason: Error & { $metadata?: { httpStatusCode?: number } }) => reason,
        );
        const members = JSON.parse(body) as Record<string, string>;
        assert.equal(members.message ?? members.Message, wanted.message);
        assert.deepEqual({ code: error.name, status: error.$metadata?.httpStatusCode, members: Object.keys(members).sort().join(",") }, { code: wanted.code, status: wanted.status, members: wanted.members });
        if ("Type" in members) assert.equal(members.Type, "User");
      });
    }
  }

  for (const [name, draft, status, code, message] of rawRows) {
    test(`raw: ${name}`, async () => {
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
      await expect({ credentials: { ...unknownKey, accessKeyId: "ASIAIOSFODNN7EXAMPLE", sessionToken: "forged" } }, 403, codes.key, badToken);
      const issuer = new SessionIssuer(await readFile(join(dataFolder, "secret.key")), randomIds);
      await expect({ credentials: issuer.issue({ principal: rootPrincipal(accountId), expiresAtMs: Date.now() - 1 }) }, 403, codes.expired, oldToken);
      await expect({ signingDate: new Date(Date.now() - 16 * 60_000) }, 403, codes.signature, /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/);
      await expect({ signingDate: new Date(Date.now() + 16 * 60_000) }, 403, codes.signature, /^Signature not yet current: \d{8}T\d{6}Z is still later than/);

      const unsigned = await sign(endpoint, draft);
      delete unsigned.headers["authorization"];
      assert.deepEqual({ status: (await send(endpoint, unsigned)).status, ...read(await send(endpoint, unsigned)) }, { status: 403, code: codes.none, message: none });
      unsigned.headers["authorization"] = "AWS4-HMAC-SHA256 Credential=test";
      assert.deepEqual({ status: (await send(endpoint, unsigned)).status, code: read(await send(endpoint, unsigned)).code }, { status: 400, code: codes.half });
    });
  }
});

/** Errors as AWS answers them: code, status, exact message, and the members of the body. Recorded from AWS up to March 2026. */
import { after, before } from "node:test";
import type { CreateFunctionCommandInput, Lambda } from "@aws-sdk/client-lambda";
import { arnOf, createFunction, nodeRuntime } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { accountId, connect, type Product, roleArn, startProduct } from "#test/product.ts";
import {
  badParameter,
  conflict,
  describeRefusals,
  invalid,
  notFound,
  type Refusal,
  type RefusalRow,
  wrongRevision,
  pattern,
} from "#test/refusals.ts";

const notJson = (message: string): Refusal => ({ code: "InvalidRequestContentException", status: 400, message, members: "Type,message" });
const tooLarge = (message: string): Refusal => ({ code: "RequestTooLargeException", status: 413, message, members: "Type,message" });
const entityTooLarge = (message: string): Refusal => ({ code: "RequestEntityTooLargeException", status: 413, message, members: "message" });
const region = String.raw`(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}`;
const namePattern = (name: string, latest: string): string =>
  String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:)?(${region}:)?(\d{12}:)?(function:)?(${name})(:(\$LATEST${latest}|[a-zA-Z0-9-_]+))?`;
const oneOf = (...values: string[]): string => `Member must satisfy enum value set: [${values.join(", ")}]`;
const notNull = "Member must not be null";

const zip = await zipOf({ "index.js": "exports.handler = async () => 1;" });
const create = (changes: Partial<CreateFunctionCommandInput>) => (lambda: Lambda) =>
  lambda.createFunction({
    FunctionName: "new",
    Runtime: nodeRuntime,
    Handler: "index.handler",
    Role: roleArn,
    Code: { ZipFile: zip },
    ...changes,
  });

const runtimes =
  "[nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2]";
const badRuntime = (name: string): Refusal =>
  badParameter(
    `Value ${name} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: ${runtimes} or be a valid ARN`,
  );
const endedRuntimes = ["dotnetcore3.1", "go1.x", "java8", "nodejs12.x", "nodejs14.x", "provided", "python3.7", "ruby2.7"];
const environmentTooLarge = (variables: Record<string, string>): Refusal =>
  badParameter(
    `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${JSON.stringify(variables)}`,
  );
const large = { LARGE_VAR: "x".repeat(4_081) };
const small = { SMALL_VAR: "ok", LARGE_VAR: "x".repeat(4_064) };
const tags = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`key${index}`, "value"]));
const tooManyTags = badParameter("Number of tags exceeds resource tag limit.");
// The rule is documented, the words are other services' of AWS.
const reservedTag = badParameter("aws: prefixed tag key names are not allowed for external use.");
const badZip = badParameter("Could not unzip uploaded file. Please check your file, then try to upload again.");

const createFunctionRows: RefusalRow[] = [
  ["a name that is taken", create({ FunctionName: "there" }), conflict("Function already exist: there")],
  [
    "a name of 65 characters",
    create({ FunctionName: "a".repeat(65) }),
    badParameter(
      `1 validation error detected: Value '${"a".repeat(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    ),
  ],
  [
    "a name of 141 characters",
    create({ FunctionName: "a".repeat(141) }),
    invalid(`'${"a".repeat(141)}'`, "functionName", "Member must have length less than or equal to 140"),
  ],
  [
    "a name with colons",
    create({ FunctionName: "invalid:function:name" }),
    invalid("'invalid:function:name'", "functionName", pattern(namePattern("[a-zA-Z0-9-_]+", ""))),
  ],
  [
    "a role that is no ARN",
    create({ Role: "r1" }),
    invalid("'r1'", "role", pattern(String.raw`arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`)),
  ],
  [
    "a role of another account",
    create({ Role: "arn:aws:iam::111111111111:role/r" }),
    badParameter("Cross-account pass role is not allowed."),
  ],
  [
    "a role that is not there",
    create({ Role: `arn:aws:iam::${accountId}:role/nobody` }),
    badParameter("The role defined for the function cannot be assumed by Lambda."),
  ],
  ["a runtime that never was", create({ Runtime: "non-existent-runtime" as never }), badRuntime("non-existent-runtime")],
  ["a runtime in capitals", create({ Runtime: "PYTHON3.9" as never }), badRuntime("PYTHON3.9")],
  ...endedRuntimes.map((runtime): RefusalRow => [
    `the ended runtime ${runtime}`,
    create({ Runtime: runtime as never }),
    badParameter(
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
    ),
  ]),
  [
    "neither runtime nor handler",
    create({ Runtime: undefined, Handler: undefined }),
    badParameter("Runtime and Handler are mandatory parameters for functions created with deployment packages."),
  ],
  ["no code", create({ Code: undefined }), invalid("null", "code", notNull)],
  [
    "an architecture in capitals",
    create({ Architectures: ["X86_64" as never] }),
    invalid("'[X86_64]'", "architectures", `Member must satisfy constraint: [${oneOf("x86_64", "arm64")}, ${notNull}]`),
  ],
  [
    "two architectures",
    create({ Architectures: ["x86_64", "arm64"] }),
    invalid("'[x86_64, arm64]'", "architectures", "Member must have length less than or equal to 1"),
  ],
  [
    "an unknown SnapStart",
    create({ SnapStart: { ApplyOn: "invalidOption" as never } }),
    invalid("'invalidOption'", "snapStart.applyOn", oneOf("PublishedVersions", "None")),
  ],
  [
    "an unknown subnet",
    create({ VpcConfig: { SubnetIds: ["s1"] } }),
    invalid(
      "'[s1]'",
      "vpcConfig.subnetIds",
      `Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, ${pattern("subnet-[0-9a-z]*")}]`,
    ),
  ],
  ["too large an environment", create({ Environment: { Variables: large } }), environmentTooLarge(large)],
  ["an environment too large together", create({ Environment: { Variables: small } }), environmentTooLarge(small)],
  ["too little memory", create({ MemorySize: 127 }), invalid("'127'", "memorySize", "Member must have value greater than or equal to 128")],
  ["no time at all", create({ Timeout: 0 }), invalid("'0'", "timeout", "Member must have value greater than or equal to 1")],
  ["51 tags", create({ Tags: tags }), tooManyTags],
  ["a tag of AWS's own", create({ Tags: { "aws:stack": "one" } }), reservedTag],
  ["no zip", create({ Code: { ZipFile: Buffer.from("not a zip") } }), badZip],
  [
    "a zip of 50 MB and a byte",
    create({ Code: { ZipFile: Buffer.alloc(52_428_801) } }),
    entityTooLarge("Zipped size must be smaller than 52428800 bytes"),
  ],
  [
    "a body over the limit",
    create({ Code: { ZipFile: Buffer.alloc(52_700_000) } }),
    entityTooLarge("Request must be smaller than 70167211 bytes for the CreateFunction operation"),
  ],
];

const readingRows: RefusalRow[] = [
  ["GetFunction of nobody", (lambda) => lambda.getFunction({ FunctionName: "nobody" }), notFound(`Function not found: ${arnOf("nobody")}`)],
  [
    "GetFunction of nobody's $LATEST",
    (lambda) => lambda.getFunction({ FunctionName: "nobody", Qualifier: "$LATEST" }),
    notFound(`Function not found: ${arnOf("nobody")}:$LATEST`),
  ],
  [
    "GetFunction of a version that is not there",
    (lambda) => lambda.getFunction({ FunctionName: "there", Qualifier: "42" }),
    notFound(`Function not found: ${arnOf("there")}:42`),
  ],
  [
    "GetFunction of an alias that is not there",
    (lambda) => lambda.getFunction({ FunctionName: "there:nobody" }),
    notFound(`Function not found: ${arnOf("there")}:nobody`),
  ],
  [
    "GetFunction with an odd qualifier",
    (lambda) => lambda.getFunction({ FunctionName: "there", Qualifier: "valid-with-$-but-doesnotexist" }),
    notFound(`Function not found: ${arnOf("there")}:valid-with-$-but-doesnotexist`),
  ],
  [
    "GetFunction with a bad qualifier",
    (lambda) => lambda.getFunction({ FunctionName: "there", Qualifier: "invalid-qualifier-with-?-char" }),
    invalid("'invalid-qualifier-with-?-char'", "qualifier", pattern(String.raw`\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+`)),
  ],
  [
    "GetFunction with two qualifiers",
    (lambda) => lambda.getFunction({ FunctionName: "there:$LATEST", Qualifier: "1" }),
    badParameter("The derived qualifier from the function name does not match the specified qualifier."),
  ],
  [
    "GetFunction of another region",
    (lambda) => lambda.getFunction({ FunctionName: arnOf("there").replace("us-east-1", "ap-southeast-1") }),
    notFound("Functions from 'ap-southeast-1' are not reachable in this region ('us-east-1')"),
  ],
  [
    "GetFunction by a crooked ARN",
    (lambda) => lambda.getFunction({ FunctionName: "arn:aws:lambda:us-east-1:123400000000@function:myfn" }),
    invalid(
      "'arn:aws:lambda:us-east-1:123400000000@function:myfn'",
      "functionName",
      pattern(namePattern(String.raw`[a-zA-Z0-9-_\.]+`, String.raw`(\.PUBLISHED)?`)),
    ),
  ],
  [
    "GetFunctionConfiguration of nobody",
    (lambda) => lambda.getFunctionConfiguration({ FunctionName: "nobody" }),
    notFound(`Function not found: ${arnOf("nobody")}`),
  ],
  [
    "ListFunctions of some versions",
    (lambda) => lambda.listFunctions({ FunctionVersion: "invalid" as never }),
    invalid("'invalid'", "functionVersion", oneOf("ALL")),
  ],
  [
    "ListFunctions, none please",
    (lambda) => lambda.listFunctions({ MaxItems: 0 }),
    invalid("'0'", "maxItems", "Member must have value greater than or equal to 1"),
  ],
  ["ListTags of nobody", (lambda) => lambda.listTags({ Resource: arnOf("nobody") }), notFound(`Function not found: ${arnOf("nobody")}`)],
];

const changingRows: RefusalRow[] = [
  [
    "UpdateFunctionCode of nobody",
    (lambda) => lambda.updateFunctionCode({ FunctionName: "nobody", ZipFile: zip }),
    notFound(`Function not found: ${arnOf("nobody")}`),
  ],
  [
    "UpdateFunctionCode with an old revision",
    (lambda) => lambda.updateFunctionCode({ FunctionName: "there", ZipFile: zip, RevisionId: "old" }),
    wrongRevision,
  ],
  [
    "UpdateFunctionCode with an image",
    (lambda) => lambda.updateFunctionCode({ FunctionName: "there", ImageUri: "image" }),
    badParameter("Please don't provide ImageUri when updating a function with packageType Zip."),
  ],
  ["UpdateFunctionCode with no zip", (lambda) => lambda.updateFunctionCode({ FunctionName: "there", ZipFile: Buffer.from("PK") }), badZip],
  [
    "UpdateFunctionConfiguration of nobody",
    (lambda) => lambda.updateFunctionConfiguration({ FunctionName: "nobody" }),
    notFound(`Function not found: ${arnOf("nobody")}`),
  ],
  [
    "UpdateFunctionConfiguration with an old revision",
    (lambda) => lambda.updateFunctionConfiguration({ FunctionName: "there", RevisionId: "old" }),
    wrongRevision,
  ],
  [
    "UpdateFunctionConfiguration to an ended runtime",
    (lambda) => lambda.updateFunctionConfiguration({ FunctionName: "there", Runtime: "non-existent-runtime" as never }),
    badRuntime("non-existent-runtime"),
  ],
  [
    "UpdateFunctionConfiguration with too large an environment",
    (lambda) => lambda.updateFunctionConfiguration({ FunctionName: "there", Environment: { Variables: large } }),
    environmentTooLarge(large),
  ],
  [
    "DeleteFunction of nobody",
    (lambda) => lambda.deleteFunction({ FunctionName: "nobody" }),
    notFound(`Function not found: ${arnOf("nobody")}`),
  ],
  [
    "DeleteFunction of $LATEST",
    (lambda) => lambda.deleteFunction({ FunctionName: "there", Qualifier: "$LATEST" }),
    badParameter("$LATEST version cannot be deleted without deleting the function."),
  ],
  [
    "TagResource of nobody",
    (lambda) => lambda.tagResource({ Resource: arnOf("nobody"), Tags: { a: "b" } }),
    notFound(`Function not found: ${arnOf("nobody")}`),
  ],
  [
    "TagResource with no tags",
    (lambda) => lambda.tagResource({ Resource: arnOf("there"), Tags: {} }),
    badParameter("An error occurred and the request cannot be processed."),
  ],
  [
    "TagResource of a version",
    (lambda) => lambda.tagResource({ Resource: `${arnOf("there")}:1`, Tags: { a: "b" } }),
    badParameter("Tags on function aliases and versions are not supported. Please specify a function ARN."),
  ],
  ["TagResource with 51 tags", (lambda) => lambda.tagResource({ Resource: arnOf("there"), Tags: tags }), tooManyTags],
  ["TagResource with AWS's", (lambda) => lambda.tagResource({ Resource: arnOf("there"), Tags: { "AWS:x": "" } }), reservedTag],
  [
    "UntagResource without keys",
    (lambda) => lambda.untagResource({ Resource: arnOf("there"), TagKeys: undefined }),
    invalid("null", "tagKeys", notNull),
  ],
];

const unparsable = "Could not parse request body into json: Could not parse payload into json: ";
const expected = "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const place = (column: number): string =>
  `\n at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: 1, column: ${column}]`;
const invoke = (Payload: string | Uint8Array, InvocationType?: "Event" | "DryRun") => (lambda: Lambda) =>
  lambda.invoke({ FunctionName: "there", Payload, InvocationType });

const invokeRows: RefusalRow[] = [
  ["nobody", (lambda) => lambda.invoke({ FunctionName: "nobody" }), notFound(`Function not found: ${arnOf("nobody")}`)],
  [
    "nobody, for a dry run",
    (lambda) => lambda.invoke({ FunctionName: "nobody", InvocationType: "DryRun" }),
    notFound(`Function not found: ${arnOf("nobody")}`),
  ],
  [
    "nobody, later",
    (lambda) => lambda.invoke({ FunctionName: "nobody", InvocationType: "Event" }),
    notFound(`Function not found: ${arnOf("nobody")}`),
  ],
  [
    "a version that is not there",
    (lambda) => lambda.invoke({ FunctionName: "there", Qualifier: "10" }),
    notFound(`Function not found: ${arnOf("there")}:10`),
  ],
  [
    "with a control character",
    invoke(Buffer.from([0x99])),
    notJson(`${unparsable}Unexpected character ((CTRL-CHAR, code 153)): ${expected}${place(1)}`),
  ],
  [
    "with bytes that are no UTF-8",
    invoke(Buffer.from([0x22, 0x61, 0x87])),
    notJson(`${unparsable}Invalid UTF-8 start byte 0x87${place(3)}`),
  ],
  ["later, with half an object", invoke("{", "Event"), notJson(`${unparsable}Unexpected end-of-input${place(2)}`)],
  [
    "in an unknown way",
    invoke("{}", "Wrong" as "Event"),
    invalid("'Wrong'", "invocationType", oneOf("Event", "RequestResponse", "DryRun")),
  ],
  [
    "with more than 6 MB",
    invoke(`"${"x".repeat(6_291_455)}"`),
    tooLarge("Request must be smaller than 6291456 bytes for the InvokeFunction operation"),
  ],
  [
    "later, with more than 1 MB",
    invoke(`"${"x".repeat(1_048_575)}"`, "Event"),
    tooLarge("1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"),
  ],
];

let product: Product;

before(async () => {
  product = await startProduct();
  await createFunction(product.lambda, "there", "exports.handler = async () => 1;");
});
after(() => product[Symbol.asyncDispose]());

/** Each suite looks at the bodies of its own client's answers. */
const client = (): Lambda => connect(product.endpoint).lambda;
describeRefusals("CreateFunction refuses", client, createFunctionRows);
describeRefusals("reading a function refuses", client, readingRows);
describeRefusals("changing a function refuses", client, changingRows);
describeRefusals("Invoke refuses", client, invokeRows);

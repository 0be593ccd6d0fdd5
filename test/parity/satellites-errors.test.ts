/**
 * Errors of the configuration of asynchronous invocations, function URLs and code signing as AWS answers them. Recorded from AWS up to
 * March 2026, but for those that are marked.
 */
import { after, before } from "node:test";
import type { Lambda } from "@aws-sdk/client-lambda";
import { arnOf, createFunction } from "#test/functions.ts";
import { accountId, connect, type Product, startProduct } from "#test/product.ts";
import {
  badParameter,
  conflict,
  describeRefusals,
  invalid,
  notFound,
  type Refusal,
  type RefusalRow,
  functionNotFound,
  twoQualifiers,
  pattern,
} from "#test/refusals.ts";

const nothingThere = notFound("The resource you requested does not exist.");

const attempts = (changes: Partial<Parameters<Lambda["putFunctionEventInvokeConfig"]>[0]>) => (lambda: Lambda) =>
  lambda.putFunctionEventInvokeConfig({ FunctionName: "there", MaximumRetryAttempts: 1, ...changes });
const onSuccess = (Destination: string) => attempts({ DestinationConfig: { OnSuccess: { Destination } } });
const noFunction = notFound("The function doesn't exist.");
const noConfig = (qualified: string): Refusal => notFound(`The function ${arnOf(qualified)} doesn't have an EventInvokeConfig`);
const oddArn = `arn:aws:_-/!lambda:us-east-1:${accountId}:function:there`;
const destinationPattern = String.raw`$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)`;
const unknownRuntime = `arn:aws:lambda:us-east-1::runtime:${"0".repeat(64)}`;
const iamArn = `arn:aws:iam:us-east-1:${accountId}:function:there`;

const eventInvokeRows: RefusalRow[] = [
  ["PutFunctionEventInvokeConfig: nobody", attempts({ FunctionName: "doesnotexist" }), noFunction],
  ["PutFunctionEventInvokeConfig: nobody's ARN", attempts({ FunctionName: arnOf("doesnotexist") }), noFunction],
  ["PutFunctionEventInvokeConfig: no such alias", attempts({ Qualifier: "doesnotexist" }), noFunction],
  [
    "PutFunctionEventInvokeConfig: nothing",
    (lambda) => lambda.putFunctionEventInvokeConfig({ FunctionName: "there" }),
    badParameter("You must specify at least one of error handling or destination setting."),
  ],
  ["PutFunctionEventInvokeConfig: two qualifiers", attempts({ FunctionName: "there:live", Qualifier: "1" }), twoQualifiers],
  [
    "PutFunctionEventInvokeConfig: to nobody",
    onSuccess(arnOf("doesnotexist")),
    badParameter(`The destination ARN ${arnOf("doesnotexist")} is invalid.`),
  ],
  [
    "PutFunctionEventInvokeConfig: to itself",
    onSuccess(arnOf("there")),
    badParameter("You can't specify the function as a destination for itself."),
  ],
  [
    "PutFunctionEventInvokeConfig: to a service that takes none",
    onSuccess(iamArn),
    badParameter(
      `The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=${iamArn}), onFailure=null) is invalid.`,
    ),
  ],
  [
    "PutFunctionEventInvokeConfig: to no ARN",
    attempts({ DestinationConfig: { OnFailure: { Destination: oddArn } } }),
    invalid(`'${oddArn}'`, "destinationConfig.onFailure.destination", pattern(destinationPattern)),
  ],
  [
    "UpdateFunctionEventInvokeConfig: nobody",
    (lambda) => lambda.updateFunctionEventInvokeConfig({ FunctionName: "doesnotexist", MaximumRetryAttempts: 0 }),
    noFunction,
  ],
  [
    "UpdateFunctionEventInvokeConfig: none",
    (lambda) => lambda.updateFunctionEventInvokeConfig({ FunctionName: "there", MaximumRetryAttempts: 0 }),
    noConfig("there:$LATEST"),
  ],
  [
    "UpdateFunctionEventInvokeConfig: none of an alias",
    (lambda) => lambda.updateFunctionEventInvokeConfig({ FunctionName: "there", Qualifier: "live", MaximumRetryAttempts: 0 }),
    noConfig("there:live"),
  ],
  [
    "GetFunctionEventInvokeConfig: nobody",
    (lambda) => lambda.getFunctionEventInvokeConfig({ FunctionName: "doesnotexist" }),
    noConfig("doesnotexist:$LATEST"),
  ],
  [
    "GetFunctionEventInvokeConfig: no such alias",
    (lambda) => lambda.getFunctionEventInvokeConfig({ FunctionName: "there", Qualifier: "doesnotexist" }),
    noConfig("there:doesnotexist"),
  ],
  [
    "GetFunctionEventInvokeConfig: no such version",
    (lambda) => lambda.getFunctionEventInvokeConfig({ FunctionName: "there", Qualifier: "1221" }),
    noConfig("there:1221"),
  ],
  [
    "DeleteFunctionEventInvokeConfig: none",
    (lambda) => lambda.deleteFunctionEventInvokeConfig({ FunctionName: "there" }),
    noConfig("there:$LATEST"),
  ],
  [
    "DeleteFunctionEventInvokeConfig: nobody",
    (lambda) => lambda.deleteFunctionEventInvokeConfig({ FunctionName: "doesnotexist" }),
    noConfig("doesnotexist:$LATEST"),
  ],
  [
    "ListFunctionEventInvokeConfigs: nobody",
    (lambda) => lambda.listFunctionEventInvokeConfigs({ FunctionName: "doesnotexist" }),
    noFunction,
  ],
];

const urlNobody = notFound("Function does not exist");
const aliasesOnly = (qualifier: string): Refusal =>
  invalid(`'${qualifier}'`, "qualifier", pattern(String.raw`((?!^\d+$)^[0-9a-zA-Z-_]+$)`));
const urlCalls: Record<string, (lambda: Lambda, FunctionName: string, Qualifier?: string) => Promise<unknown>> = {
  CreateFunctionUrlConfig: (lambda, FunctionName, Qualifier) =>
    lambda.createFunctionUrlConfig({ FunctionName, Qualifier, AuthType: "NONE" }),
  GetFunctionUrlConfig: (lambda, FunctionName, Qualifier) => lambda.getFunctionUrlConfig({ FunctionName, Qualifier }),
  UpdateFunctionUrlConfig: (lambda, FunctionName, Qualifier) =>
    lambda.updateFunctionUrlConfig({ FunctionName, Qualifier, AuthType: "AWS_IAM" }),
  DeleteFunctionUrlConfig: (lambda, FunctionName, Qualifier) => lambda.deleteFunctionUrlConfig({ FunctionName, Qualifier }),
};

const urlRows: RefusalRow[] = [
  ...Object.entries(urlCalls).flatMap(([operation, call]): RefusalRow[] => {
    const missing = operation.startsWith("Create") || operation.startsWith("Update") ? urlNobody : nothingThere;
    return [
      [`${operation}: nobody`, (lambda) => call(lambda, "doesnotexist"), missing],
      [`${operation}: nobody's ARN`, (lambda) => call(lambda, arnOf("doesnotexist")), missing],
      [`${operation}: no such alias`, (lambda) => call(lambda, "there", "doesnotexist"), missing],
      [`${operation}: a version`, (lambda) => call(lambda, "there", "1"), aliasesOnly("1")],
      [`${operation}: a version that is not there`, (lambda) => call(lambda, "there", "2"), aliasesOnly("2")],
      [`${operation}: $LATEST`, (lambda) => call(lambda, "there", "$LATEST"), aliasesOnly("$LATEST")],
      [`${operation}: two qualifiers`, (lambda) => call(lambda, `${arnOf("there")}:live`, "dev"), twoQualifiers],
    ];
  }),
  [
    "CreateFunctionUrlConfig: twice",
    (lambda) => urlCalls["CreateFunctionUrlConfig"]!(lambda, "addressed"),
    conflict(
      `Failed to create function url config for [functionArn = ${arnOf("addressed")}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
    ),
  ],
  [
    "CreateFunctionUrlConfig: an unknown mode",
    (lambda) => lambda.createFunctionUrlConfig({ FunctionName: "there", AuthType: "NONE", InvokeMode: "UNKNOWN" as "BUFFERED" }),
    invalid("'UNKNOWN'", "invokeMode", "Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]"),
  ],
  ["GetFunctionUrlConfig: none", (lambda) => lambda.getFunctionUrlConfig({ FunctionName: "there" }), nothingThere],
  ["UpdateFunctionUrlConfig: none", (lambda) => lambda.updateFunctionUrlConfig({ FunctionName: "there", AuthType: "NONE" }), nothingThere],
  ["DeleteFunctionUrlConfig: none", (lambda) => lambda.deleteFunctionUrlConfig({ FunctionName: "there" }), nothingThere],
  ["ListFunctionUrlConfigs: nobody", (lambda) => lambda.listFunctionUrlConfigs({ FunctionName: "doesnotexist" }), urlNobody],
];

const missingArn = `arn:aws:lambda:us-east-1:${accountId}:code-signing-config:csc-00000000000000000`;
const CodeSigningConfigArn = missingArn;
const noSigning: Refusal = { ...notFound(`The Lambda code signing configuration ${missingArn} can not be found.`), members: "Message" };
const noSigningToUse: Refusal = {
  code: "CodeSigningConfigNotFoundException",
  status: 404,
  message: `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${missingArn}.`,
  members: "Message,Type",
};

const otherRows: RefusalRow[] = [
  ["GetCodeSigningConfig: none", (lambda) => lambda.getCodeSigningConfig({ CodeSigningConfigArn }), noSigning],
  ["UpdateCodeSigningConfig: none", (lambda) => lambda.updateCodeSigningConfig({ CodeSigningConfigArn, Description: "new" }), noSigning],
  ["UpdateCodeSigningConfig: none, and nothing", (lambda) => lambda.updateCodeSigningConfig({ CodeSigningConfigArn }), noSigning],
  ["DeleteCodeSigningConfig: none", (lambda) => lambda.deleteCodeSigningConfig({ CodeSigningConfigArn }), noSigning],
  ["ListFunctionsByCodeSigningConfig: none", (lambda) => lambda.listFunctionsByCodeSigningConfig({ CodeSigningConfigArn }), noSigning],
  [
    "PutFunctionCodeSigningConfig: none",
    (lambda) => lambda.putFunctionCodeSigningConfig({ CodeSigningConfigArn, FunctionName: "there" }),
    noSigningToUse,
  ],
  [
    "PutFunctionCodeSigningConfig: none, and nobody",
    (lambda) => lambda.putFunctionCodeSigningConfig({ CodeSigningConfigArn, FunctionName: "csc-test-doesnotexist" }),
    noSigningToUse,
  ],
  [
    "PutFunctionCodeSigningConfig: nobody",
    async (lambda) =>
      lambda.putFunctionCodeSigningConfig({ CodeSigningConfigArn: await signingArn(lambda), FunctionName: "csc-test-doesnotexist" }),
    functionNotFound("csc-test-doesnotexist"),
  ],
  [
    "GetFunctionCodeSigningConfig: nobody",
    (lambda) => lambda.getFunctionCodeSigningConfig({ FunctionName: "csc-test-doesnotexist" }),
    functionNotFound("csc-test-doesnotexist"),
  ],
  [
    "DeleteFunctionCodeSigningConfig: nobody",
    (lambda) => lambda.deleteFunctionCodeSigningConfig({ FunctionName: "csc-test-doesnotexist" }),
    functionNotFound("csc-test-doesnotexist"),
  ],
  [
    "TagResource: no such code signing configuration",
    (lambda) => lambda.tagResource({ Resource: missingArn, Tags: { a: "1" } }),
    noSigning,
  ],
  [
    "PutFunctionRecursionConfig: an unknown word",
    (lambda) => lambda.putFunctionRecursionConfig({ FunctionName: "there", RecursiveLoop: "InvalidValue" as "Allow" }),
    invalid("'InvalidValue'", "recursiveLoop", "Member must satisfy enum value set: [Terminate, Allow]"),
  ],
  [
    "PutFunctionRecursionConfig: nobody",
    (lambda) => lambda.putFunctionRecursionConfig({ FunctionName: "doesnotexist", RecursiveLoop: "Allow" }),
    functionNotFound("doesnotexist"),
  ],
  [
    "GetFunctionRecursionConfig: nobody",
    (lambda) => lambda.getFunctionRecursionConfig({ FunctionName: "doesnotexist" }),
    functionNotFound("doesnotexist"),
  ],
  [
    "GetRuntimeManagementConfig: no such version",
    (lambda) => lambda.getRuntimeManagementConfig({ FunctionName: "there", Qualifier: "42" }),
    functionNotFound("there:42"),
  ],
  // Ours: AWS's words are not on record.
  [
    "PutRuntimeManagementConfig: by hand, but to no version",
    (lambda) => lambda.putRuntimeManagementConfig({ FunctionName: "there", UpdateRuntimeOn: "Manual" }),
    badParameter("You must provide a RuntimeVersionArn when UpdateRuntimeOn is Manual."),
  ],
  [
    "PutRuntimeManagementConfig: by hand, to an unknown version",
    (lambda) => lambda.putRuntimeManagementConfig({ FunctionName: "there", UpdateRuntimeOn: "Manual", RuntimeVersionArn: unknownRuntime }),
    badParameter(`The runtime version ${unknownRuntime} does not exist, or is not a version of the function's runtime.`),
  ],
];

/** Any one that is there. */
async function signingArn(lambda: Lambda): Promise<string> {
  const { CodeSigningConfigs } = await lambda.listCodeSigningConfigs({});
  return CodeSigningConfigs![0]!.CodeSigningConfigArn!;
}

let product: Product;

before(async () => {
  product = await startProduct();
  const { lambda } = product;
  for (const name of ["there", "addressed"]) {
    await createFunction(lambda, name, "exports.handler = async () => 1;");
    await lambda.publishVersion({ FunctionName: name });
    await lambda.createAlias({ FunctionName: name, Name: "live", FunctionVersion: "1" });
    await lambda.createAlias({ FunctionName: name, Name: "dev", FunctionVersion: "$LATEST" });
  }
  await urlCalls["CreateFunctionUrlConfig"]!(lambda, "addressed");
  const signingProfile = `arn:aws:signer:us-east-1:${accountId}:/signing-profiles/test`;
  await lambda.createCodeSigningConfig({ AllowedPublishers: { SigningProfileVersionArns: [signingProfile] } });
});
after(() => product[Symbol.asyncDispose]());

const client = (): Lambda => connect(product.endpoint).lambda;
describeRefusals("asynchronous invocations", client, eventInvokeRows);
describeRefusals("function URLs", client, urlRows);
describeRefusals("code signing, runtimes and recursion", client, otherRows);

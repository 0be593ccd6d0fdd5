/** Errors of resource policies and concurrency as AWS answers them. Recorded from AWS up to March 2026, but for those that are marked. */
import { after, before } from "node:test";
import { type Lambda, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
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
  wrongRevision,
  functionNotFound,
  functionsOnly,
  twoQualifiers,
  pattern,
} from "#test/refusals.ts";

const aliasNotFound = (qualified: string): Refusal => notFound(`Cannot find alias arn: ${arnOf(qualified)}`);
const nothingThere = notFound("The resource you requested does not exist.");
const otherRevision = "00000000-0000-4000-8000-000000000000";
const wrongPolicyRevision: Refusal = { ...wrongRevision, message: wrongRevision.message.replace("GetFunction/GetAlias", "GetPolicy") };

const permit = (changes: Partial<Parameters<Lambda["addPermission"]>[0]>) => (lambda: Lambda) =>
  lambda.addPermission({
    FunctionName: "there",
    StatementId: "new",
    Action: "lambda:InvokeFunction",
    Principal: "s3.amazonaws.com",
    ...changes,
  });
const forbid = (changes: Partial<Parameters<Lambda["removePermission"]>[0]>) => (lambda: Lambda) =>
  lambda.removePermission({ FunctionName: "there", StatementId: "s3", ...changes });
const policyOf = (Statement: object): string => JSON.stringify({ Version: "2012-10-17", Statement });
const statement = { Effect: "Allow", Principal: "*", Action: "lambda:InvokeFunction", Resource: arnOf("there") };
const badPrincipal = badParameter("The provided principal was invalid. Please check the principal and try again.");
// Ours: AWS's words are not on record.
const badPolicy = badParameter("The provided policy document is invalid. Please check the policy and try again.");
const tooLong: Refusal = {
  code: "PolicyLengthExceededException",
  status: 400,
  message: "The final policy size (20617) is bigger than the limit (20480).",
  members: "Type,message",
};

const policyRows: RefusalRow[] = [
  ["AddPermission: nobody", permit({ FunctionName: "doesnotexist" }), functionNotFound("doesnotexist")],
  ["AddPermission: no such alias", permit({ Qualifier: "alias-doesnotexist" }), aliasNotFound("there:alias-doesnotexist")],
  ["AddPermission: no such version", permit({ Qualifier: "42" }), functionNotFound("there:42")],
  [
    "AddPermission: no such thing",
    permit({ Qualifier: "valid-with-$-but-doesnotexist" }),
    functionNotFound("there:valid-with-$-but-doesnotexist"),
  ],
  [
    "AddPermission: a bad qualifier",
    permit({ Qualifier: "invalid-qualifier-with-?-char" }),
    invalid("'invalid-qualifier-with-?-char'", "qualifier", pattern(String.raw`\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+`)),
  ],
  ["AddPermission: $LATEST", permit({ Qualifier: "$LATEST" }), badParameter("We currently do not support adding policies for $LATEST.")],
  ["AddPermission: two qualifiers", permit({ FunctionName: "there:live", Qualifier: "1" }), twoQualifiers],
  [
    "AddPermission: a bad statement id",
    permit({ StatementId: "example.com" }),
    invalid("'example.com'", "statementId", pattern("([a-zA-Z0-9-_]+)")),
  ],
  ["AddPermission: a bad principal", permit({ Principal: "invalid.nonaws.com" }), badPrincipal],
  ["AddPermission: somebody of no account", permit({ Principal: "arn:aws:iam::1:root" }), badPrincipal],
  [
    "AddPermission: a statement id twice",
    permit({ StatementId: "s3" }),
    conflict("The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement."),
  ],
  ["AddPermission: another revision", permit({ RevisionId: otherRevision }), wrongPolicyRevision],
  [
    "AddPermission: an authentication of URLs for another action",
    permit({ FunctionUrlAuthType: "NONE" }),
    badParameter("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action"),
  ],
  ["AddPermission: too long a policy", permit({ FunctionName: "wordy" }), tooLong],
  ["RemovePermission: nobody", forbid({ FunctionName: "doesnotexist" }), notFound(`No policy found for: ${arnOf("doesnotexist")}`)],
  ["RemovePermission: no such alias", forbid({ Qualifier: "alias-doesnotexist" }), aliasNotFound("there:alias-doesnotexist")],
  ["RemovePermission: no policy", forbid({ Qualifier: "1" }), notFound("No policy is associated with the given resource.")],
  [
    "RemovePermission: no such statement",
    forbid({ StatementId: "non-existent" }),
    notFound("Statement non-existent is not found in resource policy."),
  ],
  ["RemovePermission: another revision", forbid({ RevisionId: otherRevision }), wrongPolicyRevision],
  ["GetPolicy: nobody", (lambda) => lambda.getPolicy({ FunctionName: "doesnotexist" }), functionNotFound("doesnotexist")],
  ["GetPolicy: no such version", (lambda) => lambda.getPolicy({ FunctionName: "there", Qualifier: "42" }), nothingThere],
  ["GetPolicy: none", (lambda) => lambda.getPolicy({ FunctionName: "there", Qualifier: "1" }), nothingThere],
  ["GetResourcePolicy: none", (lambda) => lambda.getResourcePolicy({ ResourceArn: `${arnOf("there")}:1` }), nothingThere],
  [
    "GetResourcePolicy: nobody",
    (lambda) => lambda.getResourcePolicy({ ResourceArn: arnOf("doesnotexist") }),
    functionNotFound("doesnotexist"),
  ],
  ["DeleteResourcePolicy: none", (lambda) => lambda.deleteResourcePolicy({ ResourceArn: `${arnOf("there")}:1` }), nothingThere],
  [
    "DeleteResourcePolicy: another revision",
    (lambda) => lambda.deleteResourcePolicy({ ResourceArn: arnOf("there"), RevisionId: otherRevision }),
    wrongRevision,
  ],
  [
    "PutResourcePolicy: $LATEST",
    (lambda) => lambda.putResourcePolicy({ ResourceArn: `${arnOf("there")}:$LATEST`, Policy: policyOf(statement) }),
    badParameter("We currently do not support adding policies for $LATEST."),
  ],
  [
    "PutResourcePolicy: another revision",
    (lambda) => lambda.putResourcePolicy({ ResourceArn: arnOf("there"), Policy: policyOf(statement), RevisionId: otherRevision }),
    wrongRevision,
  ],
  ["PutResourcePolicy: no JSON", (lambda) => lambda.putResourcePolicy({ ResourceArn: arnOf("there"), Policy: "{" }), badPolicy],
  [
    "PutResourcePolicy: no principal",
    (lambda) => lambda.putResourcePolicy({ ResourceArn: arnOf("there"), Policy: policyOf({ ...statement, Principal: undefined }) }),
    badPolicy,
  ],
  [
    "PutResourcePolicy: another resource",
    (lambda) => lambda.putResourcePolicy({ ResourceArn: arnOf("there"), Policy: policyOf({ ...statement, Resource: arnOf("wordy") }) }),
    badPolicy,
  ],
  ...Object.entries({
    "a Sid twice": policyOf([
      { ...statement, Sid: "a" },
      { ...statement, Sid: "a" },
    ]),
    "a principal and its inversion": policyOf({ ...statement, NotPrincipal: { AWS: accountId } }),
    "nobody of an account": policyOf({ ...statement, Principal: { AWS: [] } }),
    "an unknown version": JSON.stringify({ Version: "2012-10-18", Statement: statement }),
    "an unknown element": policyOf({ ...statement, Foo: 1 }),
    "an unknown element of the document": JSON.stringify({ Foo: 1, Statement: statement }),
    "a condition without keys": policyOf({ ...statement, Condition: { StringEquals: 1 } }),
    "a condition of no kind": policyOf({ ...statement, Condition: { Foo: { "aws:PrincipalArn": "a" } } }),
    "an action of another service": policyOf({ ...statement, Action: ["lambda:InvokeFunction", "s3:GetObject"] }),
    "an action of no service": policyOf({ ...statement, Action: "InvokeFunction" }),
  }).map(([name, Policy]): RefusalRow => [
    `PutResourcePolicy: ${name}`,
    (lambda) => lambda.putResourcePolicy({ ResourceArn: arnOf("there"), Policy }),
    badPolicy,
  ]),
];

const reserve = (FunctionName: string, ReservedConcurrentExecutions: number) => (lambda: Lambda) =>
  lambda.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions });
const provision =
  (FunctionName: string, Qualifier: string, ProvisionedConcurrentExecutions = 1) =>
  (lambda: Lambda) =>
    lambda.putProvisionedConcurrencyConfig({ FunctionName, Qualifier, ProvisionedConcurrentExecutions });
const unpublished = badParameter("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
const neitherAliasNorVersion = badParameter("The function resource provided must be an alias or a published version.");
const alreadyProvisioned = conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
const move =
  (FunctionVersion: string, AdditionalVersionWeights: Record<string, number> = {}) =>
  (lambda: Lambda) =>
    lambda.updateAlias({ FunctionName: "by-alias", Name: "live", FunctionVersion, RoutingConfig: { AdditionalVersionWeights } });
const withoutType = (message: string): Refusal => ({ ...badParameter(message), members: "message" });
const noProvision: Refusal = {
  code: "ProvisionedConcurrencyConfigNotFoundException",
  status: 404,
  message: "No Provisioned Concurrency Config found for this function",
  members: "Type,message",
};

const concurrencyRows: RefusalRow[] = [
  ["PutFunctionConcurrency: nobody", reserve("doesnotexist", 1), functionNotFound("doesnotexist:$LATEST")],
  ["PutFunctionConcurrency: nobody, and too much", reserve("doesnotexist", 100_000), functionNotFound("doesnotexist:$LATEST")],
  ["PutFunctionConcurrency: an alias", reserve(`${arnOf("there")}:live`, 1), functionsOnly],
  [
    "PutFunctionConcurrency: too little left",
    reserve("there", 901),
    withoutType(
      "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    ),
  ],
  [
    "PutFunctionConcurrency: less than is provisioned",
    reserve("provisioned", 1),
    withoutType(" ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2]."),
  ],
  [
    "GetFunctionConcurrency: nobody",
    (lambda) => lambda.getFunctionConcurrency({ FunctionName: "doesnotexist" }),
    functionNotFound("doesnotexist"),
  ],
  [
    "DeleteFunctionConcurrency: nobody",
    (lambda) => lambda.deleteFunctionConcurrency({ FunctionName: "doesnotexist" }),
    functionNotFound("doesnotexist"),
  ],
  [
    "PutProvisionedConcurrencyConfig: none",
    provision("there", "1", 0),
    invalid("'0'", "provisionedConcurrentExecutions", "Member must have value greater than or equal to 1"),
  ],
  ["PutProvisionedConcurrencyConfig: nobody's alias", provision("doesnotexist", "noalias"), aliasNotFound("doesnotexist:noalias")],
  ["PutProvisionedConcurrencyConfig: nobody's version", provision("doesnotexist", "1"), functionNotFound("doesnotexist:1")],
  ["PutProvisionedConcurrencyConfig: no such alias", provision("there", "doesnotexist"), aliasNotFound("there:doesnotexist")],
  ["PutProvisionedConcurrencyConfig: no such version", provision("there", "10"), functionNotFound("there:10")],
  ["PutProvisionedConcurrencyConfig: $LATEST", provision("there", "$LATEST"), unpublished],
  ["PutProvisionedConcurrencyConfig: an alias of $LATEST", provision("there", "dev"), unpublished],
  ["PutProvisionedConcurrencyConfig: an alias of such a version", provision("provisioned", "live"), alreadyProvisioned],
  [
    "PutProvisionedConcurrencyConfig: a version of such an alias",
    provision("by-alias", "1"),
    conflict("Version is pointed by a Provisioned Concurrency alias"),
  ],
  ["PutProvisionedConcurrencyConfig: a second alias of such a version", provision("by-alias", "second"), alreadyProvisioned],
  [
    "PutProvisionedConcurrencyConfig: an alias that divides its invocations",
    provision("split", "divided"),
    badParameter("Alias with weights can not be used with Provisioned Concurrency"),
  ],
  // Here AWS's words are not on record: those of PutProvisionedConcurrencyConfig.
  ["UpdateAlias: to a version that has it", move("3"), alreadyProvisioned],
  ["UpdateAlias: to a version that has it, with a part of the invocations", move("1", { 3: 0.5 }), alreadyProvisioned],
  ["UpdateAlias: to $LATEST", move("$LATEST"), unpublished],
  [
    "PutProvisionedConcurrencyConfig: more than there is",
    provision("there", "1", 1_000),
    withoutType("Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [991]."),
  ],
  [
    "PutProvisionedConcurrencyConfig: too little left",
    provision("there", "1", 900),
    withoutType(
      "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    ),
  ],
  [
    "PutProvisionedConcurrencyConfig: more than is reserved",
    provision("reserved", "1", 6),
    badParameter("Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"),
  ],
  [
    "GetProvisionedConcurrencyConfig: none",
    (lambda) => lambda.getProvisionedConcurrencyConfig({ FunctionName: "there", Qualifier: "1" }),
    noProvision,
  ],
  [
    "GetProvisionedConcurrencyConfig: no such alias",
    (lambda) => lambda.getProvisionedConcurrencyConfig({ FunctionName: "there", Qualifier: "noalias" }),
    aliasNotFound("there:noalias"),
  ],
  [
    "GetProvisionedConcurrencyConfig: no such version",
    (lambda) => lambda.getProvisionedConcurrencyConfig({ FunctionName: "there", Qualifier: "10" }),
    functionNotFound("there:10"),
  ],
  [
    "GetProvisionedConcurrencyConfig: $LATEST",
    (lambda) => lambda.getProvisionedConcurrencyConfig({ FunctionName: "there", Qualifier: "$LATEST" }),
    neitherAliasNorVersion,
  ],
  [
    "DeleteProvisionedConcurrencyConfig: nobody",
    (lambda) => lambda.deleteProvisionedConcurrencyConfig({ FunctionName: "doesnotexist", Qualifier: "1" }),
    functionNotFound("doesnotexist:1"),
  ],
  [
    "DeleteProvisionedConcurrencyConfig: no such alias",
    (lambda) => lambda.deleteProvisionedConcurrencyConfig({ FunctionName: "there", Qualifier: "noalias" }),
    aliasNotFound("there:noalias"),
  ],
  [
    "DeleteProvisionedConcurrencyConfig: $LATEST",
    (lambda) => lambda.deleteProvisionedConcurrencyConfig({ FunctionName: "there", Qualifier: "$LATEST" }),
    neitherAliasNorVersion,
  ],
  [
    "ListProvisionedConcurrencyConfigs: nobody",
    (lambda) => lambda.listProvisionedConcurrencyConfigs({ FunctionName: "doesnotexist" }),
    functionNotFound("doesnotexist"),
  ],
  [
    "Invoke: switched off",
    (lambda) => lambda.invoke({ FunctionName: "off" }),
    { code: "TooManyRequestsException", status: 429, message: "Rate Exceeded.", members: "Reason,Type,message" },
  ],
];

async function publishAgain(lambda: Lambda, FunctionName: string, Timeout: number): Promise<void> {
  await lambda.updateFunctionConfiguration({ FunctionName, Timeout });
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName });
  await lambda.publishVersion({ FunctionName });
}

let product: Product;

before(async () => {
  product = await startProduct();
  const { lambda } = product;
  for (const name of ["there", "wordy", "reserved", "provisioned", "by-alias", "split", "off"]) {
    await createFunction(lambda, name, "exports.handler = async () => 1;");
    await lambda.publishVersion({ FunctionName: name });
    await lambda.createAlias({ FunctionName: name, Name: "live", FunctionVersion: "1" });
    await lambda.createAlias({ FunctionName: name, Name: "dev", FunctionVersion: "$LATEST" });
  }
  await permit({ StatementId: "s3" })(lambda);
  const filler = { ...statement, Sid: "filler", Resource: arnOf("wordy"), Condition: { StringEquals: { "aws:x": "x".repeat(20_200) } } };
  await lambda.putResourcePolicy({ ResourceArn: arnOf("wordy"), Policy: policyOf(filler) });
  await reserve("reserved", 5)(lambda);
  await reserve("off", 0)(lambda);
  await provision("provisioned", "1", 2)(lambda);
  await provision("by-alias", "live")(lambda);
  for (const [name, Timeout] of [
    ["by-alias", 4],
    ["by-alias", 5],
    ["split", 4],
  ] as const)
    await publishAgain(lambda, name, Timeout);
  await provision("by-alias", "3")(lambda);
  await lambda.createAlias({ FunctionName: "by-alias", Name: "second", FunctionVersion: "1" });
  const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } };
  await lambda.createAlias({ FunctionName: "split", Name: "divided", FunctionVersion: "1", RoutingConfig });
});
after(() => product[Symbol.asyncDispose]());

const client = (): Lambda => connect(product.endpoint).lambda;
describeRefusals("resource policies", client, policyRows);
describeRefusals("concurrency", client, concurrencyRows);

/** Errors of versions, aliases and qualifiers as AWS answers them. Recorded from AWS up to March 2026, but for those that are marked. */
import { createHash } from "node:crypto";
import { after, before } from "node:test";
import {
  type CreateAliasCommandInput,
  type Lambda,
  type UpdateAliasCommandInput,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
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
  functionNotFound,
  functionsOnly,
  twoQualifiers,
  pattern,
  unmarked,
} from "#test/refusals.ts";

const zip = await zipOf({ "index.js": "exports.handler = async () => 1;" });
const sha256 = createHash("sha256").update(zip).digest("base64");

const create = (changes: Partial<CreateAliasCommandInput>) => (lambda: Lambda) =>
  lambda.createAlias({ FunctionName: "there", Name: "new", FunctionVersion: "1", ...changes });
const update = (changes: Partial<UpdateAliasCommandInput>) => (lambda: Lambda) =>
  lambda.updateAlias({ FunctionName: "there", Name: "split", ...changes });
const weights = (AdditionalVersionWeights: Record<string, number>) => ({ RoutingConfig: { AdditionalVersionWeights } });

const weightRange =
  "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]";
const versionKeys =
  "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]";
const latestWithRouting = unmarked(badParameter("$LATEST is not supported for an alias pointing to more than 1 version"));
const tooManyVersions = badParameter("Number of items in AdditionalVersionWeights cannot be greater than 1");
const included = (version: string): Refusal =>
  badParameter(`Invalid function version ${version}. Function version ${version} is already included in routing configuration.`);
const wrongCode = (given: string): Refusal =>
  badParameter(
    `CodeSHA256 (${given}) is different from current CodeSHA256 in $LATEST (${sha256}). Please try again with the CodeSHA256 in $LATEST.`,
  );
const referenced = (aliases: string): Refusal =>
  conflict(`Unable to delete version because the following aliases reference it: [${aliases}]`);
// The rule is AWS's, the words are ours.
const otherRole = badParameter("The versions of an alias must have the same execution role.");
const otherQueue = badParameter("The versions of an alias must have the same dead-letter queue configuration, or none.");

const versionRows: RefusalRow[] = [
  [
    "PublishVersion of a function that is not there",
    (lambda) => lambda.publishVersion({ FunctionName: "doesnotexist" }),
    functionNotFound("doesnotexist"),
  ],
  [
    "PublishVersion of other code",
    (lambda) => lambda.publishVersion({ FunctionName: "there", CodeSha256: "somenonexistentsha256" }),
    wrongCode("somenonexistentsha256"),
  ],
  [
    "PublishVersion of code whose hash is 64 letters",
    (lambda) => lambda.publishVersion({ FunctionName: "there", CodeSha256: "a".repeat(64) }),
    wrongCode("a".repeat(64)),
  ],
  [
    "PublishVersion of another revision",
    (lambda) => lambda.publishVersion({ FunctionName: "there", RevisionId: "something-else" }),
    wrongRevision,
  ],
  ["PublishVersion of a version", (lambda) => lambda.publishVersion({ FunctionName: "there:1" }), functionsOnly],
  ["PublishVersion of an alias by ARN", (lambda) => lambda.publishVersion({ FunctionName: `${arnOf("there")}:split` }), functionsOnly],
  [
    "ListVersionsByFunction of a function that is not there",
    (lambda) => lambda.listVersionsByFunction({ FunctionName: "doesnotexist" }),
    functionNotFound("doesnotexist"),
  ],
  [
    "ListVersionsByFunction with a page of none",
    (lambda) => lambda.listVersionsByFunction({ FunctionName: "there", MaxItems: 0 }),
    invalid("'0'", "maxItems", "Member must have value greater than or equal to 1"),
  ],
  [
    "ListVersionsByFunction with a marker of one's own",
    (lambda) => lambda.listVersionsByFunction({ FunctionName: "there", Marker: "x" }),
    badParameter("Invalid Marker"),
  ],
  [
    "DeleteFunction of a version that an alias points to",
    (lambda) => lambda.deleteFunction({ FunctionName: "there", Qualifier: "1" }),
    referenced("plain, split"),
  ],
  [
    "DeleteFunction of a version that gets a share of an alias",
    (lambda) => lambda.deleteFunction({ FunctionName: "there:2" }),
    referenced("split"),
  ],
  [
    "DeleteFunction of an alias",
    (lambda) => lambda.deleteFunction({ FunctionName: "there", Qualifier: "plain" }),
    badParameter("Deletion of aliases is not currently supported."),
  ],
  [
    "DeleteFunction of $LATEST by name",
    (lambda) => lambda.deleteFunction({ FunctionName: "there:$LATEST" }),
    badParameter("$LATEST version cannot be deleted without deleting the function."),
  ],
  [
    "DeleteFunction of a version of nothing",
    (lambda) => lambda.deleteFunction({ FunctionName: "doesnotexist", Qualifier: "1" }),
    functionNotFound("doesnotexist:1"),
  ],
  ["DeleteFunction with two qualifiers", (lambda) => lambda.deleteFunction({ FunctionName: "there:1", Qualifier: "2" }), twoQualifiers],
  [
    "CreateFunction under a qualified name",
    (lambda) =>
      lambda.createFunction({
        FunctionName: "there:1",
        Runtime: nodeRuntime,
        Handler: "index.handler",
        Role: roleArn,
        Code: { ZipFile: zip },
      }),
    functionsOnly,
  ],
  ["UpdateFunctionCode of a version", (lambda) => lambda.updateFunctionCode({ FunctionName: "there:1", ZipFile: zip }), functionsOnly],
  [
    "UpdateFunctionConfiguration of an alias",
    (lambda) => lambda.updateFunctionConfiguration({ FunctionName: "there:split", Timeout: 4 }),
    functionsOnly,
  ],
];

const aliasRows: RefusalRow[] = [
  ["CreateAlias of a function that is not there", create({ FunctionName: "there-unknown" }), functionNotFound("there-unknown:1")],
  ["CreateAlias of a version that is not there", create({ FunctionVersion: "10" }), functionNotFound("there:10")],
  ["CreateAlias of a version of a version", create({ FunctionName: "there:1" }), functionsOnly],
  ["CreateAlias with a number for a name", create({ Name: "2024" }), invalid("'2024'", "name", pattern("(?!^[0-9]+$)([a-zA-Z0-9-_]+)"))],
  [
    "CreateAlias with a word for a version",
    create({ FunctionVersion: "plain" }),
    invalid("'plain'", "functionVersion", pattern(String.raw`(\$LATEST(\.PUBLISHED)?|[0-9]+)`)),
  ],
  ["CreateAlias with a name that is taken", create({ Name: "plain" }), conflict(`Alias already exists: ${arnOf("there")}:plain`)],
  ["CreateAlias with three versions", create(weights({ "2": 0.1, "3": 0.1 })), tooManyVersions],
  [
    "CreateAlias with a weight of 2",
    create(weights({ "2": 2 })),
    invalid("'{2=2.0}'", "routingConfig.additionalVersionWeights", weightRange),
  ],
  [
    "CreateAlias with a weight of -1",
    create(weights({ "2": -1 })),
    invalid("'{2=-1.0}'", "routingConfig.additionalVersionWeights", weightRange),
  ],
  ["CreateAlias with one version twice", create(weights({ "1": 0.5 })), included("1")],
  ["CreateAlias with a second version that is not there", create(weights({ "10": 0.5 })), functionNotFound("there:10")],
  ["CreateAlias with $LATEST and a second version", create({ FunctionVersion: "$LATEST", ...weights({ "1": 0.5 }) }), latestWithRouting],
  [
    "CreateAlias with $LATEST for a second version",
    create(weights({ $LATEST: 0.5 })),
    invalid("'{$LATEST=0.5}'", "routingConfig.additionalVersionWeights", versionKeys),
  ],
  ["CreateAlias with versions of two roles", create(weights({ "3": 0.5 })), otherRole],
  ["CreateAlias with versions of two dead-letter queues", create({ FunctionVersion: "3", ...weights({ "4": 0.5 }) }), otherQueue],
  [
    "GetAlias of an alias that is not there",
    (lambda) => lambda.getAlias({ FunctionName: "there", Name: "non-existent" }),
    notFound(`Cannot find alias arn: ${arnOf("there")}:non-existent`),
  ],
  [
    "GetAlias of a function that is not there",
    (lambda) => lambda.getAlias({ FunctionName: "doesnotexist", Name: "noalias" }),
    notFound(`Cannot find alias arn: ${arnOf("doesnotexist")}:noalias`),
  ],
  [
    "UpdateAlias of an alias that is not there",
    update({ Name: "non-existent", Description: "new" }),
    notFound(`Alias not found: ${arnOf("there")}:non-existent`),
  ],
  ["UpdateAlias of another revision", update({ Description: "new", RevisionId: "something-else" }), wrongRevision],
  ["UpdateAlias to a version that is not there", update({ FunctionVersion: "10" }), functionNotFound("there:10")],
  ["UpdateAlias to the version that has a share already", update({ FunctionVersion: "2" }), included("2")],
  ["UpdateAlias to $LATEST while another has a share", update({ FunctionVersion: "$LATEST" }), latestWithRouting],
  ["UpdateAlias with three versions", update(weights({ "2": 0.1, "3": 0.1 })), tooManyVersions],
  ["UpdateAlias by a qualified name", update({ FunctionName: "there:1" }), functionsOnly],
  ["DeleteAlias by a qualified name", (lambda) => lambda.deleteAlias({ FunctionName: "there:1", Name: "plain" }), functionsOnly],
  [
    "ListAliases of a function that is not there",
    (lambda) => lambda.listAliases({ FunctionName: "doesnotexist" }),
    functionNotFound("doesnotexist"),
  ],
  [
    "ListAliases of a word for a version",
    (lambda) => lambda.listAliases({ FunctionName: "there", FunctionVersion: "plain" }),
    invalid("'plain'", "functionVersion", pattern(String.raw`(\$LATEST(\.PUBLISHED)?|[0-9]+)`)),
  ],
  [
    "ListAliases with a marker of one's own",
    (lambda) => lambda.listAliases({ FunctionName: "there", Marker: "?" }),
    badParameter("Invalid Marker"),
  ],
];

const qualifierRows: RefusalRow[] = [
  [
    "GetFunction of an alias that is not there",
    (lambda) => lambda.getFunction({ FunctionName: "there", Qualifier: "aliasdoesnotexist" }),
    functionNotFound("there:aliasdoesnotexist"),
  ],
  [
    "GetFunction of an alias that is not there, by ARN",
    (lambda) => lambda.getFunction({ FunctionName: `${arnOf("there")}:aliasdoesnotexist` }),
    functionNotFound("there:aliasdoesnotexist"),
  ],
  [
    "GetFunction of $LATEST of nothing",
    (lambda) => lambda.getFunction({ FunctionName: "doesnotexist", Qualifier: "$LATEST" }),
    functionNotFound("doesnotexist:$LATEST"),
  ],
  [
    "GetFunction with an alias and a version",
    (lambda) => lambda.getFunction({ FunctionName: "there:plain", Qualifier: "1" }),
    twoQualifiers,
  ],
  [
    "GetFunctionConfiguration of a version that is not there",
    (lambda) => lambda.getFunctionConfiguration({ FunctionName: "there", Qualifier: "10" }),
    functionNotFound("there:10"),
  ],
  [
    "GetFunctionConfiguration of $LATEST.PUBLISHED",
    (lambda) => lambda.getFunctionConfiguration({ FunctionName: "there", Qualifier: "$LATEST.PUBLISHED" }),
    functionNotFound("there:$LATEST.PUBLISHED"),
  ],
  [
    "Invoke of an alias that is not there",
    (lambda) => lambda.invoke({ FunctionName: "there", Qualifier: "non-existent-alias" }),
    functionNotFound("there:non-existent-alias"),
  ],
  ["Invoke of a version that is not there", (lambda) => lambda.invoke({ FunctionName: "there:10" }), functionNotFound("there:10")],
  ["Invoke with two qualifiers", (lambda) => lambda.invoke({ FunctionName: "there:plain", Qualifier: "split" }), twoQualifiers],
  [
    "a dry run of an alias that is not there",
    (lambda) => lambda.invoke({ FunctionName: "there:nobody", InvocationType: "DryRun" }),
    functionNotFound("there:nobody"),
  ],
  [
    "an event for an alias that is not there",
    (lambda) => lambda.invoke({ FunctionName: "there:nobody", InvocationType: "Event" }),
    functionNotFound("there:nobody"),
  ],
];

let product: Product;

before(async () => {
  product = await startProduct();
  const { iam, lambda } = product;
  await createFunction(lambda, "there", "", { Code: { ZipFile: zip } });
  const { Role } = await iam.getRole({ RoleName: "function-role" });
  const trust = decodeURIComponent(Role!.AssumeRolePolicyDocument!);
  const { Role: second } = await iam.createRole({ RoleName: "second-role", AssumeRolePolicyDocument: trust });
  const changes = [
    {},
    { Timeout: 5 },
    { Role: second!.Arn! },
    { DeadLetterConfig: { TargetArn: `arn:aws:sqs:us-east-1:${accountId}:dead` } },
  ];
  for (const change of changes) {
    await lambda.updateFunctionConfiguration({ FunctionName: "there", ...change });
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.1 }, { FunctionName: "there" });
    await lambda.publishVersion({ FunctionName: "there" });
  }
  await create({ Name: "plain" })(lambda);
  await create({ Name: "split", ...weights({ "2": 0.5 }) })(lambda);
});
after(() => product[Symbol.asyncDispose]());

const client = (): Lambda => connect(product.endpoint).lambda;
describeRefusals("versions", client, versionRows);
describeRefusals("aliases", client, aliasRows);
describeRefusals("qualifiers", client, qualifierRows);

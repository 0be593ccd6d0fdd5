/** What Lambda says of functions, layers and event sources of other accounts and regions. As AWS says it, but for the rows that are marked. */
import { after, before } from "node:test";
import type { CreateEventSourceMappingCommandInput, Lambda } from "@aws-sdk/client-lambda";
import { arnOf, createFunction, nodeRuntime } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { accountId, connect, type Product, roleArn, startProduct } from "#test/product.ts";
import { badParameter, describeRefusals, notAuthorized, notFound, type RefusalRow } from "#test/refusals.ts";

const zip = await zipOf({ "index.js": "exports.handler = async () => 1;" });
const foreign = (arn: string): string => arn.replace(accountId, "111111111111");
const distant = (arn: string): string => arn.replace("us-east-1", "eu-west-1");

const create = (FunctionName: string) => (lambda: Lambda) =>
  lambda.createFunction({ FunctionName, Runtime: nodeRuntime, Handler: "index.handler", Role: roleArn, Code: { ZipFile: zip } });

const theirs = foreign(arnOf("there"));
const far = distant(arnOf("there"));
const notReachable = notFound("Functions from 'eu-west-1' are not reachable in this region ('us-east-1')");
const trigger = { StatementId: "s", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" };

const functionRows: RefusalRow[] = [
  ["creating another account's", create(theirs), notAuthorized("CreateFunction", theirs)],
  ["getting another account's", (lambda) => lambda.getFunction({ FunctionName: theirs }), notAuthorized("GetFunction", theirs)],
  [
    "getting another account's version, by a part of the ARN",
    (lambda) => lambda.getFunctionConfiguration({ FunctionName: "111111111111:function:there", Qualifier: "1" }),
    notAuthorized("GetFunctionConfiguration", `${theirs}:1`),
  ],
  [
    "changing another account's",
    (lambda) => lambda.updateFunctionConfiguration({ FunctionName: theirs, Timeout: 4 }),
    notAuthorized("UpdateFunctionConfiguration", theirs),
  ],
  [
    "opening another account's",
    (lambda) => lambda.addPermission({ FunctionName: theirs, ...trigger }),
    notAuthorized("AddPermission", theirs),
  ],
  ["deleting another account's", (lambda) => lambda.deleteFunction({ FunctionName: theirs }), notAuthorized("DeleteFunction", theirs)],
  [
    "tagging another account's",
    (lambda) => lambda.tagResource({ Resource: theirs, Tags: { a: "b" } }),
    notAuthorized("TagResource", theirs),
  ],
  ["invoking another account's", (lambda) => lambda.invoke({ FunctionName: theirs }), notAuthorized("InvokeFunction", theirs)],
  ["creating in another region", create(far), notReachable],
  ["changing in another region", (lambda) => lambda.updateFunctionConfiguration({ FunctionName: far, Timeout: 4 }), notReachable],
  ["deleting in another region", (lambda) => lambda.deleteFunction({ FunctionName: far }), notReachable],
];

const layer = `arn:aws:lambda:us-east-1:${accountId}:layer:there`;
const theirLayer = foreign(layer);
const grant = { VersionNumber: 1, StatementId: "s1", Action: "lambda:GetLayerVersion", Principal: "*" };
// Ours, after AWS's words for functions.
const layerNotReachable = notFound("Layers from 'eu-west-1' are not reachable in this region ('us-east-1')");

const layerRows: RefusalRow[] = [
  [
    "publishing to another account",
    (lambda) => lambda.publishLayerVersion({ LayerName: theirLayer, Content: { ZipFile: zip } }),
    notAuthorized("PublishLayerVersion", theirLayer),
  ],
  [
    "listing another account's",
    (lambda) => lambda.listLayerVersions({ LayerName: theirLayer }),
    notAuthorized("ListLayerVersions", theirLayer),
  ],
  [
    "granting on another account's",
    (lambda) => lambda.addLayerVersionPermission({ ...grant, LayerName: theirLayer }),
    notAuthorized("AddLayerVersionPermission", theirLayer),
  ],
  [
    "deleting another account's",
    (lambda) => lambda.deleteLayerVersion({ LayerName: theirLayer, VersionNumber: 1 }),
    notAuthorized("DeleteLayerVersion", theirLayer),
  ],
  [
    "getting another account's by its ARN",
    (lambda) => lambda.getLayerVersionByArn({ Arn: `${theirLayer}:1` }),
    notAuthorized("GetLayerVersion", `${theirLayer}:1`),
  ],
  [
    "publishing to another region",
    (lambda) => lambda.publishLayerVersion({ LayerName: distant(layer), Content: { ZipFile: zip } }),
    layerNotReachable,
  ],
  ["getting of another region", (lambda) => lambda.getLayerVersion({ LayerName: distant(layer), VersionNumber: 1 }), layerNotReachable],
  ["getting by an ARN of another region", (lambda) => lambda.getLayerVersionByArn({ Arn: `${distant(layer)}:1` }), layerNotReachable],
];

const map = (changes: Partial<CreateEventSourceMappingCommandInput>) => (lambda: Lambda) =>
  lambda.createEventSourceMapping({ FunctionName: "there", ...changes });
const queue = `arn:aws:sqs:us-east-1:${accountId}:orders`;
const stream = `arn:aws:kinesis:us-east-1:${accountId}:stream/clicks`;
const table = `arn:aws:dynamodb:us-east-1:${accountId}:table/orders/stream/2026-01-01T00:00:00.000`;
// Seen from CloudFormation, in 2016.
const otherRegion = badParameter("Event source region must match Lambda region us-east-1");

const mappingRows: RefusalRow[] = [
  [
    "mapping another account's function",
    map({ FunctionName: theirs, EventSourceArn: queue }),
    notAuthorized("CreateEventSourceMapping", theirs),
  ],
  ["a queue of another region", map({ EventSourceArn: distant(queue) }), otherRegion],
  ["a stream of another region", map({ EventSourceArn: distant(stream), StartingPosition: "LATEST" }), otherRegion],
  ["a table's stream of another region", map({ EventSourceArn: distant(table), StartingPosition: "LATEST" }), otherRegion],
  [
    "a queue of another account",
    map({ EventSourceArn: foreign(queue) }),
    badParameter("The function execution role does not have permissions to call ReceiveMessage on SQS"),
  ],
];

let product: Product;

before(async () => {
  product = await startProduct();
  const { lambda, sqs } = product;
  await createFunction(lambda, "there", "exports.handler = async () => 1;");
  await lambda.publishLayerVersion({ LayerName: "there", Content: { ZipFile: zip } });
  await sqs.createQueue({ QueueName: "orders" });
});
after(() => product[Symbol.asyncDispose]());

const client = (): Lambda => connect(product.endpoint).lambda;
describeRefusals("functions of others", client, functionRows);
describeRefusals("layers of others", client, layerRows);
describeRefusals("event sources of others", client, mappingRows);

/** The AWS CLI and boto3, unmodified, as far as this machine has them. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { nodeRuntime } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, roleArn, startProduct } from "#test/product.ts";

const run = promisify(execFile);

const works = (program: string, ...args: string[]): Promise<boolean> =>
  run(program, args).then(
    () => true,
    () => false,
  );

const hasCli = await works("aws", "--version");
// `logs tail` came with version 2.
const hasTail = await works("aws", "logs", "tail", "help");
const hasBoto3 = await works("python3", "-c", "import boto3");

describe("clients that this machine may have", () => {
  let product: Product;
  let folder: string;
  let environment: NodeJS.ProcessEnv;

  before(async () => {
    product = await startProduct();
    folder = await mkdtemp(join(tmpdir(), "pilotlight-cli-"));
    await writeFile(
      join(folder, "hello.zip"),
      await zipOf({ "index.js": `exports.handler = async (event) => { console.log("hi", event.name); return { hello: event.name }; };` }),
    );
    environment = {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, AWS_PAGER: "", AWS_EC2_METADATA_DISABLED: "true" },
      ...{ AWS_ENDPOINT_URL: product.endpoint, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
      ...{ AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1" },
    };
  });
  after(async () => {
    await product[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const aws = async (...args: string[]): Promise<string> => (await run("aws", args, { env: environment, cwd: folder })).stdout;

  test("the AWS CLI takes a function through its life", { skip: !hasCli && "the AWS CLI is not installed here" }, async () => {
    assert.match(await aws("sts", "get-caller-identity"), /arn:aws:iam::000000000000:root/);
    await aws(
      "lambda",
      "create-function",
      "--function-name",
      "by-cli",
      "--runtime",
      nodeRuntime,
      "--handler",
      "index.handler",
      "--role",
      roleArn,
      "--zip-file",
      "fileb://hello.zip",
    );
    await aws("lambda", "wait", "function-active-v2", "--function-name", "by-cli");
    await writeFile(join(folder, "event.json"), '{"name":"cli"}');
    const tail = await aws(
      "lambda",
      "invoke",
      "--function-name",
      "by-cli",
      "--payload",
      "fileb://event.json",
      "--log-type",
      "Tail",
      "--query",
      "LogResult",
      "--output",
      "text",
      "answer.json",
    );
    assert.match(Buffer.from(tail.trim(), "base64").toString(), /INFO\thi cli\n/);
    assert.deepEqual(JSON.parse(await readFile(join(folder, "answer.json"), "utf8")), { hello: "cli" });
    await aws("lambda", "update-function-configuration", "--function-name", "by-cli", "--timeout", "7");
    await aws("lambda", "wait", "function-updated-v2", "--function-name", "by-cli");
    await aws("lambda", "update-function-code", "--function-name", "by-cli", "--zip-file", "fileb://hello.zip");
    await aws("lambda", "wait", "function-updated", "--function-name", "by-cli");
    assert.match(await aws("lambda", "list-functions", "--page-size", "1"), /by-cli/);
    const location = (
      await aws("lambda", "get-function", "--function-name", "by-cli", "--query", "Code.Location", "--output", "text")
    ).trim();
    assert.deepEqual(Buffer.from(await (await fetch(location)).arrayBuffer()), await readFile(join(folder, "hello.zip")));
    await aws("lambda", "delete-function", "--function-name", "by-cli");
    await assert.rejects(aws("lambda", "get-function", "--function-name", "by-cli"), /ResourceNotFoundException/);
  });

  test("the AWS CLI follows a log", { skip: !hasTail && "the AWS CLI of version 2 is not installed here" }, async () => {
    await aws(
      "lambda",
      "create-function",
      "--function-name",
      "followed",
      "--runtime",
      nodeRuntime,
      "--handler",
      "index.handler",
      "--role",
      roleArn,
      "--zip-file",
      "fileb://hello.zip",
    );
    await aws("lambda", "wait", "function-active-v2", "--function-name", "followed");
    await product.lambda.invoke({ FunctionName: "followed", Payload: '{"name":"first"}' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const follower = spawn("aws", ["logs", "tail", "/aws/lambda/followed", "--follow"], {
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    const sawBoth = new Promise<void>((resolve, reject) => {
      follower.once("exit", (code) => reject(new Error(`aws logs tail ended with ${code}`)));
      follower.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes("hi first")) void product.lambda.invoke({ FunctionName: "followed", Payload: '{"name":"second"}' });
        if (output.includes("hi second")) resolve();
      });
    });
    await sawBoth;
    follower.kill();
  });

  test("boto3 does the same", { skip: !hasBoto3 && "boto3 is not installed here" }, async () => {
    const { stdout } = await run("python3", ["-c", botoStory, nodeRuntime, roleArn], { env: environment, cwd: folder });
    assert.equal(stdout.trim(), "well");
  });
});

const botoStory = `
import boto3, io, json, sys
runtime, role = sys.argv[1:3]
client = boto3.client("lambda")
client.create_function(FunctionName="by-boto3", Runtime=runtime, Handler="index.handler", Role=role, Code={"ZipFile": open("hello.zip", "rb").read()})
for name in ["function_exists", "function_active", "function_active_v2", "function_updated", "function_updated_v2"]:
    client.get_waiter(name).wait(FunctionName="by-boto3", WaiterConfig={"Delay": 1})
client.publish_version(FunctionName="by-boto3")
client.get_waiter("published_version_active").wait(FunctionName="by-boto3", Qualifier="1", WaiterConfig={"Delay": 1})
answer = client.invoke(FunctionName="by-boto3", Payload=json.dumps({"name": "boto3"}))
assert json.load(answer["Payload"]) == {"hello": "boto3"}, answer
import time
seen, start = {}, 0
for _ in range(100):
    # What aws logs tail --follow does: the newest time it saw, and the ids it saw there.
    try:
        for page in boto3.client("logs").get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/by-boto3", startTime=start, interleaved=True):
            for event in page["events"]:
                seen[event["eventId"]] = event["message"]
                start = max(start, event["timestamp"])
    except boto3.client("logs").exceptions.ResourceNotFoundException:
        pass
    if any("hi boto3" in message for message in seen.values()): break
    time.sleep(0.05)
else:
    raise AssertionError(seen)
names = [f["FunctionName"] for page in client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 1}) for f in page["Functions"]]
assert "by-boto3" in names, names
try:
    client.create_function(FunctionName="by-boto3", Runtime=runtime, Handler="index.handler", Role=role, Code={"ZipFile": open("hello.zip", "rb").read()})
    raise AssertionError("created twice")
except client.exceptions.ResourceConflictException as error:
    assert error.response["Error"]["Message"] == "Function already exist: by-boto3", error
client.delete_function(FunctionName="by-boto3")
iam = boto3.client("iam")
iam.create_user(UserName="boto3")
key = iam.create_access_key(UserName="boto3")["AccessKey"]
arn = boto3.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]).get_caller_identity()["Arn"]
assert arn.endswith(":user/boto3"), arn
session = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
arn = boto3.client("sts", aws_access_key_id=session["AccessKeyId"], aws_secret_access_key=session["SecretAccessKey"], aws_session_token=session["SessionToken"]).get_caller_identity()["Arn"]
assert arn.endswith(":assumed-role/function-role/session"), arn
print("well")
`;

/** A function's life, as the AWS SDK sees it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { arnOf, createFunction, eventually, nodeRuntime, payloadOf, tailOf } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { accountId, type Product, roleArn, startProduct } from "#test/product.ts";

const echo = "exports.handler = async (event, context) => ({ event, variable: process.env.COLOUR, id: context.awsRequestId });";

describe("a function", () => {
  let product: Product;

  before(async () => {
    product = await startProduct();
  });
  after(() => product[Symbol.asyncDispose]());

  test("is created as AWS creates it: Pending first, every member present", async () => {
    const { lambda } = product;
    const zip = await zipOf({ "index.js": echo });
    const { $metadata, LastModified, RevisionId, RuntimeVersionConfig, ...created } = await lambda.createFunction({
      FunctionName: "created",
      Runtime: nodeRuntime,
      Handler: "index.handler",
      Role: roleArn,
      Code: { ZipFile: zip },
      Environment: { Variables: { COLOUR: "blue" } },
      Tags: { team: "red" },
    });
    assert.equal($metadata.httpStatusCode, 201);
    assert.match(LastModified!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    assert.match(RevisionId!, /^[0-9a-f-]{36}$/);
    assert.match(RuntimeVersionConfig!.RuntimeVersionArn!, /^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$/);
    assert.deepEqual(created, {
      FunctionName: "created",
      FunctionArn: arnOf("created"),
      Runtime: nodeRuntime,
      Role: roleArn,
      Handler: "index.handler",
      CodeSize: zip.length,
      Description: "",
      Timeout: 3,
      MemorySize: 128,
      CodeSha256: createHash("sha256").update(zip).digest("base64"),
      Version: "$LATEST",
      Environment: { Variables: { COLOUR: "blue" } },
      TracingConfig: { Mode: "PassThrough" },
      State: "Pending",
      StateReason: "The function is being created.",
      StateReasonCode: "Creating",
      PackageType: "Zip",
      Architectures: ["x86_64"],
      EphemeralStorage: { Size: 512 },
      SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
      LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/created" },
    });
    const active = await eventually(
      () => lambda.getFunction({ FunctionName: "created" }),
      ({ Configuration }) => Configuration!.State === "Active",
    );
    assert.equal(active.Configuration!.LastUpdateStatus, "Successful");
    assert.equal("StateReason" in active.Configuration!, false);
    assert.notEqual(active.Configuration!.RevisionId, RevisionId);
    assert.deepEqual(active.Tags, { team: "red" });
    assert.equal(active.Code!.RepositoryType, "S3");
  });

  test("answers, with the tail of its log", async () => {
    const { lambda } = product;
    await createFunction(
      lambda,
      "answering",
      `exports.handler = async (event) => { console.log("saw", event.name); return { hello: event.name }; };`,
    );
    const answer = await lambda.invoke({ FunctionName: "answering", Payload: '{"name":"world"}', LogType: "Tail" });
    assert.equal(answer.StatusCode, 200);
    assert.equal(answer.ExecutedVersion, "$LATEST");
    assert.equal(answer.FunctionError, undefined);
    assert.deepEqual(payloadOf(answer), { hello: "world" });
    const id = answer.$metadata.requestId!;
    const lines = tailOf(answer).split("\n");
    assert.equal(lines[0], `START RequestId: ${id} Version: $LATEST`);
    assert.match(lines[1]!, new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z\\t${id}\\tINFO\\tsaw world$`));
    assert.equal(lines[2], `END RequestId: ${id}`);
    assert.match(
      lines[3]!,
      new RegExp(
        `^REPORT RequestId: ${id}\\tDuration: [\\d.]+ ms\\tBilled Duration: \\d+ ms\\tMemory Size: 128 MB\\tMax Memory Used: \\d+ MB\\tInit Duration: [\\d.]+ ms\\t$`,
      ),
    );
  });

  test("writes its log to a group and stream of its own", async () => {
    const { lambda, logs } = product;
    await createFunction(
      lambda,
      "logging",
      `exports.handler = async () => { console.error("first\\nsecond"); process.stdout.write("plain\\n"); };`,
    );
    await lambda.invoke({ FunctionName: "logging" });
    const group = "/aws/lambda/logging";
    const { events } = await eventually(
      () => logs.filterLogEvents({ logGroupName: group }).catch(() => ({ events: [] })),
      ({ events: found }) => found!.some(({ message }) => message!.startsWith("REPORT")),
    );
    const messages = events!.map(({ message }) => message!);
    assert.ok(
      messages.some((message) => /\tERROR\tfirst\nsecond\n?$/.test(message)),
      messages.join("|"),
    );
    assert.ok(messages.includes("plain") || messages.includes("plain\n"), messages.join("|"));
    assert.match(events![0]!.logStreamName!, /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
  });

  test("shows its own error as AWS does", async () => {
    const { lambda } = product;
    await createFunction(lambda, "failing", `exports.handler = async () => { throw new TypeError("no good"); };`);
    const answer = await lambda.invoke({ FunctionName: "failing" });
    assert.equal(answer.StatusCode, 200);
    assert.equal(answer.FunctionError, "Unhandled");
    const { errorType, errorMessage, trace } = payloadOf(answer) as { errorType: string; errorMessage: string; trace: string[] };
    assert.equal(errorType, "TypeError");
    assert.equal(errorMessage, "no good");
    assert.equal(trace[0], "TypeError: no good");
  });

  test("is stopped at its timeout", async () => {
    const { lambda } = product;
    await createFunction(lambda, "slow", `exports.handler = () => new Promise(() => setInterval(() => {}, 1000));`, { Timeout: 1 });
    const answer = await lambda.invoke({ FunctionName: "slow" });
    assert.equal(answer.FunctionError, "Unhandled");
    assert.deepEqual(payloadOf(answer), {
      errorType: "Sandbox.Timedout",
      errorMessage: `RequestId: ${answer.$metadata.requestId} Error: Task timed out after 1.00 seconds`,
    });
  });

  test("runs new code and configuration after an update, and keeps its revision guarded", async () => {
    const { lambda } = product;
    await createFunction(lambda, "changing", `exports.handler = async () => "one";`);
    assert.equal(payloadOf(await lambda.invoke({ FunctionName: "changing" })), "one");
    const updated = await lambda.updateFunctionCode({
      FunctionName: "changing",
      ZipFile: await zipOf({ "index.js": `exports.handler = async () => process.env.COLOUR ?? "two";` }),
    });
    assert.equal(updated.LastUpdateStatus, "InProgress");
    assert.equal(updated.LastUpdateStatusReasonCode, "Creating");
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.1 }, { FunctionName: "changing" });
    assert.equal(payloadOf(await lambda.invoke({ FunctionName: "changing" })), "two");
    const { RevisionId } = await lambda.getFunctionConfiguration({ FunctionName: "changing" });
    await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "changing", Timeout: 4, RevisionId: "something-else" }), {
      name: "PreconditionFailedException",
    });
    const configured = await lambda.updateFunctionConfiguration({
      FunctionName: "changing",
      RevisionId,
      Environment: { Variables: { COLOUR: "green" } },
      MemorySize: 256,
      Description: "new",
    });
    assert.equal(configured.MemorySize, 256);
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.1 }, { FunctionName: "changing" });
    assert.equal(payloadOf(await lambda.invoke({ FunctionName: "changing" })), "green");
  });

  test("can be downloaded as it was uploaded", async () => {
    const { lambda } = product;
    const zip = await zipOf({ "index.js": echo, "lib/data.json": "{}" });
    await createFunction(lambda, "kept", echo, { Code: { ZipFile: zip } });
    const { Code } = await lambda.getFunction({ FunctionName: "kept" });
    const download = await fetch(Code!.Location!);
    assert.equal(download.status, 200);
    assert.deepEqual(Buffer.from(await download.arrayBuffer()), zip);
    const forged = await fetch(Code!.Location!.replace(/Signature=../, "Signature=00"));
    assert.equal(forged.status, 403);
    await forged.body?.cancel();
  });

  test("is listed in pages", async () => {
    const { lambda } = product;
    for (const name of ["list-a", "list-b", "list-c"]) await createFunction(lambda, name, echo);
    const names: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await lambda.listFunctions({ MaxItems: 2, Marker });
      assert.ok(page.Functions!.length <= 2);
      names.push(...page.Functions!.map(({ FunctionName }) => FunctionName!));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    assert.deepEqual(
      names.filter((name) => name.startsWith("list-")),
      ["list-a", "list-b", "list-c"],
    );
    assert.deepEqual(names, names.toSorted());
  });

  test("has tags", async () => {
    const { lambda } = product;
    await createFunction(lambda, "tagged", echo, { Tags: { a: "1" } });
    const { RevisionId } = await lambda.getFunctionConfiguration({ FunctionName: "tagged" });
    await lambda.tagResource({ Resource: arnOf("tagged"), Tags: { b: "2", Team: "x y" } });
    assert.notEqual((await lambda.getFunctionConfiguration({ FunctionName: "tagged" })).RevisionId, RevisionId);
    await lambda.untagResource({ Resource: arnOf("tagged"), TagKeys: ["a"] });
    assert.deepEqual((await lambda.listTags({ Resource: arnOf("tagged") })).Tags, { b: "2", Team: "x y" });
  });

  test("is gone after its deletion, and its name free", async () => {
    const { lambda } = product;
    await createFunction(lambda, "brief", echo);
    await lambda.deleteFunction({ FunctionName: "brief" });
    await assert.rejects(lambda.getFunction({ FunctionName: "brief" }), {
      name: "ResourceNotFoundException",
      message: `Function not found: ${arnOf("brief")}`,
    });
    await assert.rejects(lambda.invoke({ FunctionName: "brief" }), { name: "ResourceNotFoundException" });
    await createFunction(lambda, "brief", echo);
  });

  test("runs when it is only asked whether it would, or sent an event to deal with later", async () => {
    const { lambda, logs } = product;
    await createFunction(lambda, "later", `exports.handler = async (event) => console.log("dealt with", event.order);`);
    assert.equal((await lambda.invoke({ FunctionName: "later", InvocationType: "DryRun" })).StatusCode, 204);
    assert.equal((await lambda.invoke({ FunctionName: "later", InvocationType: "Event", Payload: '{"order":7}' })).StatusCode, 202);
    assert.equal((await lambda.invokeAsync({ FunctionName: "later", InvokeArgs: '{"order":7}' })).Status, 202);
    await eventually(
      () => logs.filterLogEvents({ logGroupName: "/aws/lambda/later", filterPattern: '"dealt with 7"' }).catch(() => ({ events: [] })),
      ({ events }) => events!.length === 2,
    );
  });

  test("reaches the product by itself, as its role", async () => {
    const { lambda } = product;
    const source = `
      const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
      exports.handler = async () => (await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn;`;
    await createFunction(lambda, "reflecting", source);
    const answer = await lambda.invoke({ FunctionName: "reflecting" });
    assert.equal(payloadOf(answer), `arn:aws:sts::${accountId}:assumed-role/function-role/reflecting`);
  });

  test("counts towards the account's settings", async () => {
    const { AccountLimit, AccountUsage } = await product.lambda.getAccountSettings({});
    assert.equal(AccountLimit!.CodeSizeZipped, 52_428_800);
    assert.equal(AccountLimit!.ConcurrentExecutions, 1_000);
    assert.ok(AccountUsage!.FunctionCount! > 0 && AccountUsage!.TotalCodeSize! > 0);
  });
});

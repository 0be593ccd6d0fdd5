/** Versions and aliases, as the AWS SDK sees them. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type Lambda,
  type ListFunctionsCommandOutput,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { arnOf, createFunction, eventually, nodeRuntime, payloadOf } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { accountId, type Product, roleArn, startProduct } from "#test/product.ts";
import { type Chapter, playStory } from "../../examples/versions-story/story.ts";

const patience = { maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.1 };
const saying = (word: string): string => `exports.handler = async () => "${word}";`;

async function update(lambda: Lambda, name: string, source: string): Promise<void> {
  await lambda.updateFunctionCode({ FunctionName: name, ZipFile: await zipOf({ "index.js": source }) });
  await waitUntilFunctionUpdatedV2({ client: lambda, ...patience }, { FunctionName: name });
}

describe("versions and aliases", () => {
  let product: Product;
  let lambda: Lambda;

  before(async () => {
    product = await startProduct();
    lambda = product.lambda;
  });
  after(() => product[Symbol.asyncDispose]());

  const invoke = async (name: string, qualifier?: string): Promise<unknown> =>
    payloadOf(await lambda.invoke({ FunctionName: name, Qualifier: qualifier }));
  const publish = async (name: string): Promise<string> => (await lambda.publishVersion({ FunctionName: name })).Version!;

  test("carry a release from Dev over Stage to Prod, by a canary, and back", async () => {
    const chapters: Chapter[] = [];
    await playStory({ lambda, functionName: "story", roleArn }, 500, (chapter) => chapters.push(chapter));
    const answer = (stage: string, release: number, version: string) => ({
      release,
      colour: ["blue", "green", "red"][release - 1],
      functionVersion: version,
      invokedFunctionArn: `${arnOf("story")}:${stage}`,
    });
    const [begun, staged, edited, canary, promoted, rolledBack] = chapters;
    assert.deepEqual(
      [begun!.Dev, begun!.Stage, begun!.Prod],
      [answer("Dev", 1, "$LATEST"), answer("Stage", 1, "1"), answer("Prod", 1, "1")],
    );
    assert.deepEqual(
      [staged!.Dev, staged!.Stage, staged!.Prod],
      [answer("Dev", 2, "$LATEST"), answer("Stage", 2, "2"), answer("Prod", 1, "1")],
    );
    assert.deepEqual(
      [edited!.Dev, edited!.Stage, edited!.Prod],
      [answer("Dev", 3, "$LATEST"), answer("Stage", 2, "2"), answer("Prod", 1, "1")],
    );
    const { "1": first, "2": second } = canary!.served!;
    assert.equal(first! + second!, 500);
    // A fair draw of 500 with probability 0.1 lies outside of this once in 40 million times.
    assert.ok(second! >= 17 && second! <= 90, `${second} of 500`);
    assert.deepEqual(promoted!.Prod, answer("Prod", 2, "2"));
    assert.deepEqual(rolledBack!.Prod, answer("Prod", 1, "1"));
  });

  test("a version is published as AWS publishes it, and not twice", async () => {
    await createFunction(lambda, "published", saying("one"), { Description: "of the function" });
    const latest = await lambda.getFunctionConfiguration({ FunctionName: "published" });
    const { $metadata, ...first } = await lambda.publishVersion({ FunctionName: "published", Description: "of the version" });
    assert.equal($metadata.httpStatusCode, 201);
    const { $metadata: _other, ...expected } = latest;
    assert.deepEqual(first, {
      ...expected,
      Description: "of the version",
      FunctionArn: `${arnOf("published")}:1`,
      Version: "1",
      State: "Active",
      LastUpdateStatus: "Successful",
      LastModified: first.LastModified,
      RevisionId: first.RevisionId,
    });
    assert.notEqual(first.RevisionId, latest.RevisionId);
    const again = await lambda.publishVersion({ FunctionName: "published", Description: "another" });
    assert.equal(again.Version, "1");
    assert.equal(again.RevisionId, first.RevisionId);
    assert.equal(again.Description, "of the version");
    await lambda.updateFunctionConfiguration({ FunctionName: "published", Timeout: 11 });
    await waitUntilFunctionUpdatedV2({ client: lambda, ...patience }, { FunctionName: "published" });
    const { CodeSha256, RevisionId } = await lambda.getFunctionConfiguration({ FunctionName: "published" });
    assert.equal((await lambda.publishVersion({ FunctionName: "published", CodeSha256, RevisionId })).Version, "2");
    // Publishing is a change of $LATEST too.
    await assert.rejects(lambda.publishVersion({ FunctionName: "published", RevisionId }), { name: "PreconditionFailedException" });
    assert.equal((await lambda.getFunctionConfiguration({ FunctionName: "published:1" })).Timeout, 10);
  });

  test("creation and new code can publish at once; the version is Pending until it is ready", async () => {
    const second = await zipOf({ "index.js": saying("two") });
    const Code = { ZipFile: await zipOf({ "index.js": saying("one") }) };
    const created = await lambda.createFunction({
      FunctionName: "at-once",
      Runtime: nodeRuntime,
      Handler: "index.handler",
      Role: roleArn,
      Code,
      Publish: true,
    });
    assert.deepEqual([created.Version, created.FunctionArn, created.State], ["1", arnOf("at-once"), "Pending"]);
    await waitUntilPublishedVersionActive({ client: lambda, ...patience }, { FunctionName: "at-once", Qualifier: "1" });
    await waitUntilFunctionUpdatedV2({ client: lambda, ...patience }, { FunctionName: "at-once" });
    assert.equal((await lambda.publishVersion({ FunctionName: "at-once" })).Version, "1");

    const updated = await lambda.updateFunctionCode({
      FunctionName: "at-once",
      ZipFile: second,
      Publish: true,
    });
    assert.deepEqual([updated.Version, updated.FunctionArn], ["2", `${arnOf("at-once")}:2`]);
    assert.deepEqual([updated.State, updated.StateReasonCode, updated.LastUpdateStatus], ["Pending", "Creating", undefined]);
    await waitUntilPublishedVersionActive({ client: lambda, ...patience }, { FunctionName: "at-once", Qualifier: "2" });
    assert.deepEqual([await invoke("at-once"), await invoke("at-once", "2"), await invoke("at-once", "1")], ["two", "two", "one"]);

    await waitUntilFunctionUpdatedV2({ client: lambda, ...patience }, { FunctionName: "at-once" });
    const same = await lambda.updateFunctionCode({
      FunctionName: "at-once",
      ZipFile: second,
      Publish: true,
    });
    assert.equal(same.Version, "2");
  });

  test("environments of a version live on while $LATEST changes", async () => {
    await createFunction(lambda, "living", "let count = 0; exports.handler = async () => ++count;");
    await publish("living");
    assert.equal(await invoke("living", "1"), 1);
    await update(lambda, "living", "exports.handler = async () => 'changed';");
    assert.deepEqual([await invoke("living", "1"), await invoke("living")], [2, "changed"]);
  });

  test("numbers are never used twice, not even after the function", async () => {
    await createFunction(lambda, "counted", saying("one"));
    assert.equal(await publish("counted"), "1");
    await lambda.deleteFunction({ FunctionName: "counted", Qualifier: "1" });
    assert.equal(await publish("counted"), "2");
    await lambda.deleteFunction({ FunctionName: "counted" });
    await createFunction(lambda, "counted", saying("one"));
    assert.equal(await publish("counted"), "3");
  });

  test("versions are listed in pages, $LATEST first, and 10 after 9", async () => {
    await createFunction(lambda, "listed", saying("0"));
    for (let number = 1; number <= 11; number++) {
      await lambda.updateFunctionConfiguration({ FunctionName: "listed", Description: `number ${number}` });
      await waitUntilFunctionUpdatedV2({ client: lambda, ...patience }, { FunctionName: "listed" });
      await publish("listed");
    }
    const seen: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await lambda.listVersionsByFunction({ FunctionName: "listed", MaxItems: 5, Marker });
      for (const version of page.Versions!) {
        assert.equal(version.FunctionArn, `${arnOf("listed")}:${version.Version}`);
        assert.equal("State" in version || "LastUpdateStatus" in version || "RuntimeVersionConfig" in version, false);
        seen.push(version.Version!);
      }
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    assert.deepEqual(seen, ["$LATEST", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);

    const all: string[] = [];
    do {
      const page: ListFunctionsCommandOutput = await lambda.listFunctions({ FunctionVersion: "ALL", MaxItems: 5, Marker });
      all.push(...page.Functions!.filter(({ FunctionName }) => FunctionName === "listed").map(({ Version }) => Version!));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    assert.deepEqual(all, seen);
  });

  test("a function is named in every form with a qualifier", async () => {
    await createFunction(lambda, "named", saying("one"));
    await publish("named");
    await lambda.createAlias({ FunctionName: arnOf("named"), Name: "live", FunctionVersion: "1" });
    const forms: Array<[FunctionName: string, Qualifier?: string]> = [
      ["named", "live"],
      ["named:live"],
      ["named:live", "live"],
      [`${accountId}:function:named`, "live"],
      [`${accountId}:function:named:live`],
      [arnOf("named"), "live"],
      [`${arnOf("named")}:live`],
    ];
    for (const [FunctionName, Qualifier] of forms) {
      const { Configuration, Code } = await lambda.getFunction({ FunctionName, Qualifier });
      assert.deepEqual([Configuration!.FunctionArn, Configuration!.Version], [`${arnOf("named")}:live`, "1"]);
      assert.ok(Code!.Location);
      const { ExecutedVersion } = await lambda.invoke({ FunctionName, Qualifier });
      assert.equal(ExecutedVersion, "1");
    }
    const latest = await lambda.getFunctionConfiguration({ FunctionName: "named", Qualifier: "$LATEST" });
    assert.deepEqual([latest.FunctionArn, latest.Version], [`${arnOf("named")}:$LATEST`, "$LATEST"]);
  });

  test("an alias is kept as it was made, changed member by member, listed and deleted", async () => {
    await createFunction(lambda, "aliased", saying("one"));
    await publish("aliased");
    await lambda.updateFunctionConfiguration({ FunctionName: "aliased", Timeout: 5 });
    await waitUntilFunctionUpdatedV2({ client: lambda, ...patience }, { FunctionName: "aliased" });
    await publish("aliased");
    const { $metadata, ...made } = await lambda.createAlias({
      FunctionName: "aliased",
      Name: "split",
      FunctionVersion: "1",
      Description: "both",
      RoutingConfig: { AdditionalVersionWeights: { "2": 0.25 } },
    });
    assert.equal($metadata.httpStatusCode, 201);
    assert.deepEqual(made, {
      AliasArn: `${arnOf("aliased")}:split`,
      Name: "split",
      FunctionVersion: "1",
      Description: "both",
      RoutingConfig: { AdditionalVersionWeights: { "2": 0.25 } },
      RevisionId: made.RevisionId,
    });
    const { $metadata: _get, ...got } = await lambda.getAlias({ FunctionName: "aliased", Name: "split" });
    assert.deepEqual(got, made);

    const described = await lambda.updateAlias({
      FunctionName: "aliased",
      Name: "split",
      Description: "still both",
      RevisionId: made.RevisionId,
    });
    assert.deepEqual(described.RoutingConfig, made.RoutingConfig);
    assert.notEqual(described.RevisionId, made.RevisionId);
    const single = await lambda.updateAlias({ FunctionName: "aliased", Name: "split", FunctionVersion: "2", RoutingConfig: {} });
    assert.deepEqual([single.FunctionVersion, single.RoutingConfig, single.Description], ["2", undefined, "still both"]);

    for (const Name of ["a", "b"]) await lambda.createAlias({ FunctionName: "aliased", Name, FunctionVersion: "1" });
    await lambda.createAlias({ FunctionName: "aliased", Name: "newest", FunctionVersion: "$LATEST" });
    const page = await lambda.listAliases({ FunctionName: "aliased", MaxItems: 3 });
    const rest = await lambda.listAliases({ FunctionName: "aliased", Marker: page.NextMarker });
    assert.deepEqual(
      [...page.Aliases!, ...rest.Aliases!].map(({ Name }) => Name),
      ["a", "b", "newest", "split"],
    );
    assert.equal(rest.NextMarker, undefined);
    const ofFirst = await lambda.listAliases({ FunctionName: "aliased", FunctionVersion: "1" });
    assert.deepEqual(
      ofFirst.Aliases!.map(({ Name }) => Name),
      ["a", "b"],
    );

    assert.equal((await lambda.deleteAlias({ FunctionName: "aliased", Name: "a" })).$metadata.httpStatusCode, 204);
    await assert.rejects(lambda.invoke({ FunctionName: "aliased:a" }), { name: "ResourceNotFoundException" });
    await lambda.deleteFunction({ FunctionName: "aliased" });
    await createFunction(lambda, "aliased", saying("new"));
    await assert.rejects(lambda.invoke({ FunctionName: "aliased:b" }), { message: `Function not found: ${arnOf("aliased")}:b` });
  });

  test("a single version is deleted, the others stay", async () => {
    await createFunction(lambda, "pruned", saying("one"));
    await publish("pruned");
    await update(lambda, "pruned", saying("two"));
    await publish("pruned");
    assert.equal((await lambda.deleteFunction({ FunctionName: "pruned:1" })).StatusCode, 204);
    assert.equal((await lambda.deleteFunction({ FunctionName: "pruned", Qualifier: "1" })).StatusCode, 204);
    await assert.rejects(lambda.invoke({ FunctionName: "pruned:1" }), { name: "ResourceNotFoundException" });
    assert.deepEqual([await invoke("pruned"), await invoke("pruned", "2")], ["two", "two"]);
    const { Versions } = await lambda.listVersionsByFunction({ FunctionName: "pruned" });
    assert.deepEqual(
      Versions!.map(({ Version }) => Version),
      ["$LATEST", "2"],
    );
  });

  test("events and questions go through an alias too; each version logs to streams of its own", async () => {
    await createFunction(
      lambda,
      "later",
      "exports.handler = async (event, { functionVersion }) => console.log(event.order, functionVersion, process.env.AWS_LAMBDA_FUNCTION_VERSION);",
    );
    await publish("later");
    await lambda.createAlias({ FunctionName: "later", Name: "live", FunctionVersion: "1" });
    const asked = await lambda.invoke({ FunctionName: "later:live", InvocationType: "DryRun" });
    assert.deepEqual([asked.StatusCode, asked.ExecutedVersion], [204, "1"]);
    assert.equal((await lambda.invoke({ FunctionName: "later:live", InvocationType: "Event", Payload: '{"order":7}' })).StatusCode, 202);
    const { events } = await eventually(
      () => product.logs.filterLogEvents({ logGroupName: "/aws/lambda/later", filterPattern: '"7 1 1"' }).catch(() => ({ events: [] })),
      ({ events: found }) => found!.length === 1,
    );
    assert.match(events![0]!.logStreamName!, /\/\[1\][0-9a-f]{32}$/);
  });
});

/** Layers as the AWS SDK sees them, and as functions find them. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { createFunction, eventually, nodeRuntime, payloadOf } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { accountId, type Product, roleArn, startProduct } from "#test/product.ts";

const layerArn = (name: string): string => `arn:aws:lambda:us-east-1:${accountId}:layer:${name}`;
const major = nodeRuntime.replace(/\D/g, "");

describe("layers", () => {
  let product: Product;

  before(async () => {
    product = await startProduct();
  });
  after(() => product[Symbol.asyncDispose]());

  const publish = async (name: string, files: Record<string, string>, mode?: number): Promise<string> =>
    (await product.lambda.publishLayerVersion({ LayerName: name, Content: { ZipFile: await zipOf(files, mode) } })).LayerVersionArn!;
  const setLayers = async (name: string, layers: string[]): Promise<void> => {
    await product.lambda.updateFunctionConfiguration({ FunctionName: name, Layers: layers });
    await waitUntilFunctionUpdatedV2(
      { client: product.lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.1 },
      {
        FunctionName: name,
      },
    );
  };
  const answerOf = async (name: string): Promise<unknown> => payloadOf(await product.lambda.invoke({ FunctionName: name }));

  test("are published and shown with every member that AWS's answers have", async () => {
    const { lambda } = product;
    const zip = await zipOf({ "lib/a.txt": "a" });
    const { $metadata, CreatedDate, Content, ...published } = await lambda.publishLayerVersion({
      LayerName: "shown",
      Description: "what it is",
      LicenseInfo: "MIT",
      CompatibleRuntimes: ["nodejs22.x", "nodejs24.x"],
      CompatibleArchitectures: ["arm64"],
      Content: { ZipFile: zip },
    });
    assert.equal($metadata.httpStatusCode, 201);
    assert.match(CreatedDate!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    const { Location, ...content } = Content!;
    assert.deepEqual(content, { CodeSha256: createHash("sha256").update(zip).digest("base64"), CodeSize: zip.length });
    const listed = {
      LayerVersionArn: `${layerArn("shown")}:1`,
      Version: 1,
      Description: "what it is",
      CompatibleRuntimes: ["nodejs22.x", "nodejs24.x"],
      LicenseInfo: "MIT",
      CompatibleArchitectures: ["arm64"],
    };
    assert.deepEqual(published, { LayerArn: layerArn("shown"), ...listed });
    const empty = { CompatibleRuntimes: [], CompatibleArchitectures: [] };
    const bare = await lambda.publishLayerVersion({ LayerName: "bare", ...empty, Content: { ZipFile: zip } });
    assert.deepEqual([bare.CompatibleRuntimes, bare.CompatibleArchitectures], [[], []]);
    const found = await lambda.getLayerVersion({ LayerName: layerArn("shown"), VersionNumber: 1 });
    const byArn = await lambda.getLayerVersionByArn({ Arn: `${layerArn("shown")}:1` });
    for (const { $metadata: _, Content: again, ...shown } of [found, byArn]) {
      assert.deepEqual(shown, { ...published, CreatedDate });
      assert.equal(again!.CodeSha256, content.CodeSha256);
    }
    assert.deepEqual(Buffer.from(await (await fetch(Location!)).arrayBuffer()), zip);
    const { LayerVersions } = await lambda.listLayerVersions({ LayerName: "shown" });
    assert.deepEqual(LayerVersions, [{ ...listed, CreatedDate }]);
  });

  test("leave out what the publisher did not say", async () => {
    await publish("silent", { a: "a" });
    const { $metadata, ...found } = await product.lambda.getLayerVersion({ LayerName: "silent", VersionNumber: 1 });
    assert.deepEqual(Object.keys(found).toSorted(), ["Content", "CreatedDate", "Description", "LayerArn", "LayerVersionArn", "Version"]);
    assert.equal(found.Description, "");
  });

  test("are listed by name in pages, versions newest first, both filtered", async () => {
    const { lambda } = product;
    const ZipFile = await zipOf({ a: "a" });
    const add = (LayerName: string, runtime: "python3.12" | "ruby3.4") =>
      lambda.publishLayerVersion({ LayerName, CompatibleRuntimes: [runtime], Content: { ZipFile } });
    for (const name of ["list-a", "list-b", "list-c"]) await add(name, "python3.12");
    await add("list-b", "ruby3.4");
    await add("list-b", "python3.12");
    const seen: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await lambda.listLayers({ CompatibleRuntime: "python3.12", MaxItems: 2, Marker });
      assert.ok(page.Layers!.length <= 2);
      seen.push(
        ...page.Layers!.map(
          ({ LayerName, LayerArn, LatestMatchingVersion }) => `${LayerName} ${LayerArn} ${LatestMatchingVersion!.Version}`,
        ),
      );
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    assert.deepEqual(
      seen,
      ["list-a 1", "list-b 3", "list-c 1"].map((text) => text.replace(/^(\S+) /, (_, name: string) => `${name} ${layerArn(name)} `)),
    );
    const { Layers } = await lambda.listLayers({ CompatibleRuntime: "ruby3.4" });
    assert.deepEqual(
      Layers!.map(({ LatestMatchingVersion }) => LatestMatchingVersion!.LayerVersionArn),
      [`${layerArn("list-b")}:2`],
    );
    const first = await lambda.listLayerVersions({ LayerName: "list-b", MaxItems: 2 });
    const rest = await lambda.listLayerVersions({ LayerName: "list-b", Marker: first.NextMarker });
    assert.deepEqual(
      [first, rest].map(({ LayerVersions }) => LayerVersions!.map(({ Version }) => Version)),
      [[3, 2], [1]],
    );
    assert.equal("NextMarker" in rest, false);
    const { LayerVersions } = await lambda.listLayerVersions({
      LayerName: "list-b",
      CompatibleRuntime: "ruby3.4",
      CompatibleArchitecture: "arm64",
    });
    assert.deepEqual(LayerVersions, []);
  });

  test("never use a number twice, also when many publish at once", async () => {
    const { lambda } = product;
    const ZipFile = await zipOf({ a: "a" });
    const versions = await Promise.all(
      Array.from({ length: 8 }, () => lambda.publishLayerVersion({ LayerName: "counted", Content: { ZipFile } })),
    );
    assert.deepEqual(
      versions.map(({ Version }) => Version!).toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
    for (const { Version } of versions) await lambda.deleteLayerVersion({ LayerName: "counted", VersionNumber: Version });
    await lambda.deleteLayerVersion({ LayerName: "counted", VersionNumber: 8 });
    assert.deepEqual((await lambda.listLayerVersions({ LayerName: "counted" })).LayerVersions, []);
    assert.equal(await publish("counted", { a: "b" }), `${layerArn("counted")}:9`);
  });

  test("lie on /opt, later ones over earlier ones, and on the paths where the runtime looks", async () => {
    const { lambda } = product;
    const bottom = await publish("bottom", {
      "nodejs/node_modules/greeting/index.js": `module.exports = "hello from the bottom";`,
      "nodejs/node_modules/only-below/index.js": `module.exports = "below";`,
      [`nodejs/node${major}/node_modules/versioned/index.js`]: `module.exports = "for ${major}";`,
    });
    const top = await publish("top", { "nodejs/node_modules/greeting/index.js": `module.exports = "hello from the top";` });
    const tool = await publish("tool", { "bin/shout": `#!/bin/sh\necho "SHOUT $1"\n` }, 0o100755);
    const source = `
      const { execFileSync } = require("node:child_process");
      const { greeting, below, versioned } = { greeting: require("greeting"), below: require("only-below"), versioned: require("versioned") };
      exports.handler = async () => ({ greeting, below, versioned, shout: execFileSync("shout", ["x"]).toString().trim() });`;
    await createFunction(lambda, "layered", source, { Layers: [bottom, top, tool] });
    assert.deepEqual(await answerOf("layered"), {
      greeting: "hello from the top",
      below: "below",
      versioned: `for ${major}`,
      shout: "SHOUT x",
    });
    await setLayers("layered", [top, bottom, tool]);
    assert.equal(((await answerOf("layered")) as { greeting: string }).greeting, "hello from the bottom");
    const { Layers } = await lambda.getFunctionConfiguration({ FunctionName: "layered" });
    assert.deepEqual(
      Layers!.map(({ Arn }) => Arn),
      [top, bottom, tool],
    );
    assert.ok(Layers!.every((layer) => layer.CodeSize! > 0 && Object.keys(layer).length === 2));
    await setLayers("layered", []);
    assert.equal("Layers" in (await lambda.getFunctionConfiguration({ FunctionName: "layered" })), false);
  });

  test("are kept once however many functions use them, and go with the last", async () => {
    const { lambda, dataFolder } = product;
    const layers = [await publish("shared-1", { "a/1": "one" }), await publish("shared-2", { "a/2": "two" })];
    const source = `exports.handler = async () => require("node:fs").readdirSync(process.env.LD_LIBRARY_PATH.split(":").at(-1).replace(/lib$/, "a"));`;
    const names = ["sharing-1", "sharing-2", "sharing-3"];
    // Names with a point are folders that are being made or removed.
    const unpacked = async () => (await readdir(join(dataFolder, "unpacked"))).filter((name) => !name.includes("."));
    const holding = async (path: string) => (await unpacked()).filter((name) => existsSync(join(dataFolder, "unpacked", name, path)));
    for (const name of names) await createFunction(lambda, name, source, { Layers: layers });
    for (const name of names) assert.deepEqual(await answerOf(name), ["1", "2"]);
    // The two layers, and the two laid over each other: the files of it are the layers' own.
    const added = await holding("a");
    assert.equal(added.length, 3);
    const ofFirst = await holding("a/1");
    assert.equal(ofFirst.length, 2);
    for (const name of ofFirst) assert.equal((await stat(join(dataFolder, "unpacked", name, "a", "1"))).nlink, 2);

    for (const number of [1, 2]) await lambda.deleteLayerVersion({ LayerName: `shared-${number}`, VersionNumber: 1 });
    await assert.rejects(lambda.getLayerVersion({ LayerName: "shared-1", VersionNumber: 1 }), { name: "ResourceNotFoundException" });
    await lambda.updateFunctionConfiguration({ FunctionName: "sharing-1", Description: "another environment" });
    await waitUntilFunctionUpdatedV2(
      { client: lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.1 },
      {
        FunctionName: "sharing-1",
      },
    );
    assert.deepEqual(await answerOf("sharing-1"), ["1", "2"]);
    for (const name of names) await lambda.deleteFunction({ FunctionName: name });
    await eventually(unpacked, (found) => added.every((name) => !found.includes(name)));
  });

  test("stay with a published version when $LATEST has others", async () => {
    const { lambda } = product;
    const module = (text: string) => ({ "nodejs/node_modules/word/index.js": `module.exports = "${text}";` });
    const one = await publish("word-1", module("one"));
    const two = await publish("word-2", module("two"));
    await createFunction(lambda, "worded", `exports.handler = async () => require("word");`, { Layers: [one] });
    await lambda.publishVersion({ FunctionName: "worded" });
    await setLayers("worded", [two]);
    assert.equal(await answerOf("worded"), "two");
    assert.equal(payloadOf(await lambda.invoke({ FunctionName: "worded", Qualifier: "1" })), "one");
  });

  test("have policies of their own", async () => {
    const { lambda } = product;
    const arn = await publish("granted", { a: "a" });
    const version = { LayerName: "granted", VersionNumber: 1 };
    const grant = { ...version, Action: "lambda:GetLayerVersion" };
    const first = await lambda.addLayerVersionPermission({ ...grant, StatementId: "account", Principal: "111122223333" });
    const statement = {
      Sid: "account",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::111122223333:root" },
      Action: "lambda:GetLayerVersion",
      Resource: arn,
    };
    assert.equal(first.Statement, JSON.stringify(statement));
    await lambda.addLayerVersionPermission({
      ...grant,
      StatementId: "org",
      Principal: "*",
      OrganizationId: "o-t194hfs8cz",
      RevisionId: first.RevisionId,
    });
    const { Policy, RevisionId } = await lambda.getLayerVersionPolicy(version);
    const ofOrganization = {
      ...statement,
      Sid: "org",
      Principal: "*",
      Condition: { StringEquals: { "aws:PrincipalOrgID": "o-t194hfs8cz" } },
    };
    assert.equal(Policy, JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: [statement, ofOrganization] }));
    await lambda.removeLayerVersionPermission({ ...version, StatementId: "account", RevisionId });
    await lambda.removeLayerVersionPermission({ ...version, StatementId: "org" });
    await assert.rejects(lambda.getLayerVersionPolicy(version), { name: "ResourceNotFoundException" });
  });

  test("of custom runtimes bring the bootstrap", async () => {
    const bootstrap = `#!/bin/sh
while true; do
  headers=$(mktemp)
  curl -sS -D "$headers" -o /dev/null "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next"
  id=$(grep -i lambda-runtime-aws-request-id "$headers" | tr -d '\\r' | cut -d' ' -f2)
  curl -sS -o /dev/null "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" -d "\\"$(cat "$LAMBDA_TASK_ROOT/word")\\""
done`;
    const layer = await publish("bootstrap", { bootstrap }, 0o100755);
    const { lambda } = product;
    const Code = { ZipFile: await zipOf({ word: "from the package" }) };
    await lambda.createFunction({
      FunctionName: "custom",
      Runtime: "provided.al2023",
      Handler: "any",
      Role: roleArn,
      Code,
      Layers: [layer],
      Timeout: 10,
    });
    await eventually(
      () => lambda.getFunctionConfiguration({ FunctionName: "custom" }),
      ({ State }) => State === "Active",
    );
    assert.equal(await answerOf("custom"), "from the package");
  });
});

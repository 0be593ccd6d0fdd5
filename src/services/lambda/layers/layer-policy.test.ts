import assert from "node:assert/strict";
import { test } from "node:test";
import { rootPrincipal } from "#wire/principal.ts";
import { zipOf } from "#test/packages.ts";
import { openLambdaTrial, root } from "../trial.ts";

test("an account that a layer's policy admits may have the layer, and not change it", async () => {
  await using trial = await openLambdaTrial();
  const { lambda } = trial;
  const { LayerArn: LayerName } = await lambda.publishLayerVersion(
    { LayerName: "shared", Content: { ZipFile: await zipOf({ a: "" }) } },
    root,
  );
  const version = { LayerName, VersionNumber: 1 };
  const other = { ...root, as: rootPrincipal("222222222222") };
  const refusal = { code: "AccessDeniedException" };
  await assert.rejects(lambda.getLayerVersion(version, other), refusal);
  const grant = { ...version, StatementId: "s", Action: "lambda:GetLayerVersion", Principal: "222222222222" };
  await assert.rejects(lambda.addLayerVersionPermission(grant, other), refusal);
  await lambda.addLayerVersionPermission(grant, root);
  assert.equal((await lambda.getLayerVersion(version, other)).Version, 1);
  assert.equal((await lambda.getLayerVersionByArn({ Arn: `${LayerName}:1` }, other)).Version, 1);
  await assert.rejects(lambda.deleteLayerVersion(version, other), refusal);
  await assert.rejects(lambda.listLayerVersions({ LayerName }, other), refusal);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { creating, type FunctionVersion, hasSameContent, publishedAs, settled, updating } from "./function-version.ts";

const latest: FunctionVersion = {
  accountId: "1",
  region: "r",
  name: "f",
  version: "$LATEST",
  runtime: "nodejs24.x",
  roleArn: "role",
  handler: "index.handler",
  description: "of the function",
  timeoutSeconds: 3,
  memoryMb: 128,
  variables: { A: "1", B: "2" },
  tracingMode: "PassThrough",
  architecture: "x86_64",
  ephemeralStorageMb: 512,
  snapStart: "None",
  logging: { format: "Text", group: "g" },
  code: { digest: "d", sha256: "s", sizeBytes: 1, unzippedBytes: 1 },
  modifiedMs: 1,
  revisionId: "revision",
  environmentKey: "environment",
  state: { name: "Active" },
  lastUpdate: { status: "Successful" },
};
const publication = { number: 7, nowMs: 2, revisionId: "new revision", environmentKey: "new environment" };

describe("publishing", () => {
  test("copies code and configuration, with environments of its own", () => {
    const version = publishedAs(latest, { ...publication, description: "of the version" });
    assert.deepEqual(version, {
      ...latest,
      version: "7",
      versionDescription: "of the version",
      modifiedMs: 2,
      revisionId: "new revision",
      environmentKey: "new environment",
    });
  });

  test("gives a version that is Pending while $LATEST is in the making", () => {
    for (const settling of [
      { ...latest, lastUpdate: updating },
      { ...latest, state: creating },
    ]) {
      const version = publishedAs(settling, publication);
      assert.deepEqual(version.state, creating);
      assert.equal("lastUpdate" in version, false);
      assert.deepEqual(settled(version, "x").lastUpdate, { status: "Successful" });
    }
  });

  test("has nothing to do when neither code nor configuration has changed", () => {
    const version = publishedAs(latest, { ...publication, description: "another" });
    assert.ok(hasSameContent(version, { ...latest, revisionId: "other", environmentKey: "other", modifiedMs: 9, lastUpdate: updating }));
    assert.ok(hasSameContent(version, { ...latest, variables: { B: "2", A: "1" } }));
    const changes: Array<Partial<FunctionVersion>> = [
      { description: "" },
      { variables: { A: "1" } },
      { code: { ...latest.code, digest: "e" } },
      { architecture: "arm64" },
    ];
    for (const change of changes) assert.equal(hasSameContent(version, { ...latest, ...change }), false);
  });
});

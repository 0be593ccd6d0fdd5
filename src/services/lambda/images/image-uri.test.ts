import assert from "node:assert/strict";
import { test } from "node:test";
import { parseImageUri } from "./image-uri.ts";

const digest = `sha256:${"0".repeat(64)}`;

test("layouts and registries are told apart, and tags from digests", () => {
  const cases: [uri: string, name: string, reference: string][] = [
    ["oci:/images/app", "oci:/images/app", "latest"],
    ["oci:/images/My App:v1.2", "oci:/images/My App", "v1.2"],
    [`oci:/images/app@${digest}`, "oci:/images/app", digest],
    [`oci:/images/app:1@${digest}`, "oci:/images/app", digest],
    ["localhost:5000/app", "localhost:5000/app", "latest"],
    ["localhost:5000/team/app_2:1", "localhost:5000/team/app_2", "1"],
    [`127.0.0.1:5000/app@${digest}`, "127.0.0.1:5000/app", digest],
    ["123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1", "123456789012.dkr.ecr.us-east-1.amazonaws.com/app", "1"],
  ];
  for (const [uri, name, reference] of cases) {
    const parsed = parseImageUri(uri);
    assert.deepEqual([parsed?.name, parsed?.reference], [name, reference], uri);
  }
  assert.deepEqual(parseImageUri("localhost:5000/team/app:1")?.source, {
    kind: "registry",
    host: "localhost:5000",
    repository: "team/app",
  });
  assert.deepEqual(parseImageUri("oci:/images/app:1")?.source, { kind: "layout", folder: "/images/app" });
});

test("what is no image's name is none", () => {
  for (const uri of [
    "",
    "app",
    "app:1",
    "oci:app",
    "localhost/App",
    "host/../x",
    "host/a//b",
    "http://host/app",
    "host/app:",
    "host/app@sha256:0",
    "x".repeat(5_000),
  ])
    assert.equal(parseImageUri(uri), undefined, uri);
});

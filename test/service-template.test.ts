/** The template of new services is what the sts service looks like. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { services } from "#services/index.ts";
import { describeService, serviceFiles } from "../tools/service-template.ts";

const repository = join(import.meta.dirname, "..");

for (const { name, model } of services) {
  test(`what the SDK says of ${name} is what we serve`, async () => {
    const sdk = /import\("(.*)"\)/.exec(model.sdk.toString())![1]!;
    const described = await describeService(name, sdk, false);
    // Others, after it, are for clients of before or of other languages.
    assert.equal(described.protocol, model.protocols[0]);
    for (const key of ["signingName", "apiVersion", "namespace", "targetPrefix"] as const) assert.equal(described[key], model[key], key);
    if (described.protocol === "awsQuery") assert.equal(described.xmlNamespace, model.xmlNamespace);
  });
}

test("the template's index.ts is that of sts, but for the paragraph", async () => {
  const withoutParagraph = (text: string): string => text.slice(text.indexOf("*/"));
  const files = serviceFiles(await describeService("sts", "@aws-sdk/client-sts", false));
  const sts = readFileSync(join(repository, "src/services/sts/index.ts"), "utf8").replace(/ {4}validationErrorCode: .*\n/, "");
  assert.equal(withoutParagraph(files.get("src/services/sts/index.ts")!), withoutParagraph(sts));
});

test("a new service has every modelled operation on its ledger", async () => {
  const files = serviceFiles(await describeService("queues", "@aws-sdk/client-sqs", true));
  const ledger = files.get("src/services/queues/not-implemented.txt")!.trimEnd().split("\n");
  assert.ok(ledger.includes("SendMessage"));
  assert.deepEqual(ledger, [...ledger].sort());
  assert.ok(files.has("src/services/queues/store.ts"));
});

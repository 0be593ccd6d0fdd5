/** The rules of the house (CONTRIBUTING.md), each with a planted violation that it must catch. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { services } from "#services/index.ts";
import { pageOf, withCoverage } from "../tools/coverage.ts";
import { brokenLinks, readDocuments, unknownScripts } from "./support/tidy/document-rules.ts";
import { rules } from "./support/tidy/rules.ts";
import { ledgerFaults, readServiceLedger, shapeFaults } from "./support/tidy/service-rules.ts";
import { importsOf, parseSourceFile, readSourceFiles, repository } from "./support/tidy/source-file.ts";

const files = readSourceFiles();

describe("every file", () => {
  for (const rule of rules) {
    test(rule.name, () => {
      const { path, text } = rule.planted;
      assert.notDeepEqual(rule.faults(parseSourceFile(path, text)), [], "the planted violation is not caught");

      const faults = files.flatMap((file) => rule.faults(file).map((fault) => `${file.path}: ${fault}`));
      assert.deepEqual(faults, []);
    });
  }
});

describe("every service", () => {
  test("is on the one list, under the name of its folder", () => {
    const folders = readdirSync(join(repository, "src/services"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(services.map(({ name }) => name).sort(), folders.map(({ name }) => name).sort());
    for (const { name, folder } of services) assert.equal(folder, join(repository, "src/services", name));

    const isService = /^src\/services\/[^/]+\/index\.ts$/;
    const lists = files.filter(
      (file) => file.path.startsWith("src/") && importsOf(file).some(({ target }) => isService.test(target ?? "")),
    );
    assert.deepEqual(
      // A trial.ts is what the tests of a service share.
      lists.map(({ path }) => path).filter((path) => !/(\.test|\/trial)\.ts$/.test(path)),
      ["src/services/index.ts"],
    );
  });

  for (const definition of services) {
    test(`${definition.name} has the shape of a service`, () => assert.deepEqual(shapeFaults(definition.folder), []));
    test(`${definition.name} serves or lists each modelled operation`, async () => {
      assert.deepEqual(ledgerFaults(await readServiceLedger(definition)), []);
    });
  }

  for (const definition of services) {
    test(`${definition.name} has a page that says what it covers`, async () => {
      const page = readFileSync(pageOf(definition), "utf8");
      assert.equal(page, await withCoverage(page, definition), "run: npm run coverage");
    });
  }

  test("a folder without the shape is caught", () => {
    assert.ok(shapeFaults(join(repository, "src/wire")).includes("not-implemented.txt is missing"));
  });

  test("faults of a ledger are caught", () => {
    const served = new Map([
      ["get-item.ts", ["getItem"]],
      ["put-item.ts", ["somethingElse"]],
      ["burn-item.ts", ["burnItem"]],
    ]);
    const faults = ledgerFaults({
      modelled: ["DeleteItem", "GetItem", "PutItem"],
      served,
      notImplemented: ["GetItem", "FryItem"],
    });
    assert.deepEqual(faults, [
      "DeleteItem is neither served nor listed",
      "GetItem is both served and listed",
      "FryItem is listed but not modelled",
      "not-implemented.txt is not sorted, or repeats itself",
      "operations/put-item.ts does not export putItem",
      "operations/burn-item.ts is no modelled operation",
    ]);
  });
});

describe("every document", () => {
  const documents = readDocuments();

  test("links to files that exist", () => {
    assert.deepEqual(brokenLinks({ path: "docs/planted.md", text: "[a](../README.md) [b](nowhere.md#x) [c](https://a.test/)" }), [
      "nowhere.md",
    ]);
    assert.deepEqual(
      documents.flatMap((document) => brokenLinks(document).map((link) => `${document.path}: ${link}`)),
      [],
    );
  });

  test("names scripts that exist", () => {
    assert.deepEqual(unknownScripts({ text: "`npm run check`, `npm run nothing`" }), ["nothing"]);
    assert.deepEqual(
      documents.flatMap((document) => unknownScripts(document).map((script) => `${document.path}: ${script}`)),
      [],
    );
  });
});

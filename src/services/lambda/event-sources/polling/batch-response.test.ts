import assert from "node:assert/strict";
import { test } from "node:test";
import { failedIds } from "./batch-response.ts";

const ids = new Set(["a", "b", "c"]);
const failedOf = (response: string): string[] => [...failedIds(Buffer.from(response), ids)].toSorted();

test("nothing that failed is success: no response, an empty one, no list, an empty list", () => {
  for (const response of ["null", '""', "{}", '{"statusCode":200}', '{"batchItemFailures":null}', '{"batchItemFailures":[]}'])
    assert.deepEqual(failedOf(response), [], response);
});

test("what is listed has failed", () => {
  assert.deepEqual(failedOf('{"batchItemFailures":[{"itemIdentifier":"b"}]}'), ["b"]);
  assert.deepEqual(failedOf('{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}'), ["b", "c"]);
});

test("everything has failed when the response cannot be understood, or names what was not in the batch", () => {
  const items = ['{"itemIdentifier":""}', '{"itemIdentifier":null}', '{"itemIdentifier":1}', '{"id":"a"}', "null", '"a"', "[]"];
  const responses = items.map((item) => `{"batchItemFailures":[{"itemIdentifier":"a"},${item}]}`);
  for (const response of [
    ...responses,
    "{",
    "",
    "[]",
    "1",
    '"done"',
    '{"batchItemFailures":"a"}',
    '{"batchItemFailures":[{"itemIdentifier":"d"}]}',
  ])
    assert.deepEqual(failedOf(response), ["a", "b", "c"], response);
});

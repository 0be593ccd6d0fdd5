import assert from "node:assert/strict";
import { test } from "node:test";
import { checkCombinedSize } from "./function-layers.ts";

const ofSize = (unzippedBytes: number) => ({ arn: "", digest: "", sha256: "", sizeBytes: 1, unzippedBytes });

test("code and layers together may be as large as one package, and no larger", () => {
  checkCombinedSize(ofSize(262_143_998), [ofSize(1), ofSize(1)]);
  assert.throws(() => checkCombinedSize(ofSize(262_143_999), [ofSize(1), ofSize(1)]), {
    name: "InvalidParameterValueException",
    message: "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is 262144001 bytes.",
  });
});

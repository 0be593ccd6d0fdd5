import assert from "node:assert/strict";
import { test } from "node:test";
import { checksums } from "./checksums.ts";

/** The check values of the catalogue at https://reveng.sourceforge.io/crc-catalogue/ and of FIPS 180, for `123456789`. */
const expected: Record<string, string> = {
  "x-amz-checksum-crc32": "cbf43926",
  "x-amz-checksum-crc32c": "e3069283",
  "x-amz-checksum-crc64nvme": "ae8b14860a799888",
  "x-amz-checksum-sha1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
  "x-amz-checksum-sha256": "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
};

for (const [name, start] of checksums) {
  test(`${name}, in one piece and in two`, () => {
    for (const pieces of [["123456789"], ["1234", "56789"]]) {
      const checksum = start();
      for (const piece of pieces) checksum.update(Buffer.from(piece));
      assert.equal(Buffer.from(checksum.digest(), "base64").toString("hex"), expected[name]);
    }
  });
}

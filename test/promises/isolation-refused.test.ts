/** Isolation that was asked for and cannot be had stops the start, with a paragraph for people and no stack. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { spawnProduct } from "#test/product.ts";

test("isolation that cannot be had is refused in a sentence that says what to do", async (t) => {
  const dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-refused-"));
  t.after(() => rm(dataFolder, { recursive: true, force: true }));
  await assert.rejects(spawnProduct(dataFolder, "--isolation", "oci", "--oci-runtime", "no-such-runtime"), ({ message }: Error) => {
    const lines = message.split("\n").filter((line) => /isolat|^\s+at /.test(line));
    assert.equal(lines.length, 1, message);
    assert.match(lines[0]!, /^Functions cannot be isolated by containers here: .*--isolation auto/);
    return true;
  });
});

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { isSigned, SigningKey, SigningKeys } from "./signing-keys.ts";

test("a key signs as HMAC-SHA256 does, whatever the lengths", () => {
  for (const keyBytes of [0, 1, 32, 63, 64]) {
    const secret = Buffer.alloc(keyBytes, 0xa5);
    for (const length of [0, 1, 55, 56, 63, 64, 65, 1_000]) {
      const text = "\xff".repeat(length);
      const expected = createHmac("sha256", secret).update(text, "latin1").digest("hex");
      assert.equal(new SigningKey(secret).sign(text), expected, `${keyBytes} and ${length} bytes`);
    }
  }
  assert.throws(() => new SigningKey(Buffer.alloc(65)), RangeError);
});

test("AWS's example of a derived key", () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Object"
  const key = new SigningKeys().derive("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3");
  const text = `AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972`;
  const signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
  assert.ok(isSigned(key, text, signature));
  for (const other of ["", signature.slice(2), `${signature}00`, `e${signature.slice(1)}`, signature.slice(0, -1), "\xff".repeat(64)])
    assert.ok(!isSigned(key, text, other), other);
  assert.ok(!isSigned(key, `${text} `, signature));
});

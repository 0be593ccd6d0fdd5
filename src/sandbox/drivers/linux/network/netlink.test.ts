import assert from "node:assert/strict";
import { test } from "node:test";
import { be32, decodeAttributes, decodeText, encodeAttributes, encodeMessage, u32 } from "./netlink.ts";

test("an attribute is its size, its type and its value, filled up to four bytes", () => {
  assert.equal(encodeAttributes([[3, "lo"]]).toString("hex"), "070003006c6f0000");
  assert.equal(encodeAttributes([[1, u32(0x0102_0304)]]).toString("hex"), "0800010004030201");
  assert.equal(encodeAttributes([[1, be32(0x0102_0304)]]).toString("hex"), "0800010001020304");
});

test("attributes within an attribute are marked as such", () => {
  const bytes = encodeAttributes([
    [
      4,
      [
        [1, be32(2)],
        [2, "a"],
      ],
    ],
  ]);
  assert.equal(bytes.toString("hex"), "1400048008000100000000020600020061000000");
  const inner = decodeAttributes(decodeAttributes(bytes).get(4)!);
  assert.equal(inner.get(1)?.readUInt32BE(), 2);
  assert.equal(decodeText(inner.get(2)!), "a");
});

test("a message counts its header, and is a request", () => {
  const bytes = encodeMessage({ type: 16, flags: 0x600, header: Buffer.alloc(16), attributes: [[3, "lo"]] });
  assert.equal(bytes.length, 40);
  assert.deepEqual([bytes.readUInt32LE(0), bytes.readUInt16LE(4), bytes.readUInt16LE(6)], [40, 16, 0x601]);
});

test("broken attributes end the reading instead of going round for ever", () => {
  assert.equal(decodeAttributes(Buffer.alloc(16)).size, 0);
  assert.equal(decodeAttributes(Buffer.from([8, 0])).size, 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { LineSplitter } from "./line-splitter.ts";

function split(chunks: readonly (string | Buffer)[], maxBytes?: number): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), maxBytes);
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.flush();
  return lines;
}

test("lines are the same however the bytes are cut", () => {
  const bytes = Buffer.from("one\n\ntwo é\nthree");
  for (let at = 0; at <= bytes.length; at++) {
    assert.deepEqual(split([bytes.subarray(0, at), bytes.subarray(at)]), ["one", "two é", "three"]);
  }
  assert.deepEqual(split([...bytes].map((byte) => Buffer.of(byte))), ["one", "two é", "three"]);
});

test("long lines are cut, whether they end or not", () => {
  assert.deepEqual(split(["abcdefgh\nij"], 3), ["abc", "def", "gh", "ij"]);
  assert.deepEqual(split(["ab", "cd", "ef", "\n"], 3), ["abc", "def"]);
  assert.deepEqual(split(["abc\n"], 3), ["abc"]);
});

test("bytes that are no UTF-8 are replaced", () => {
  assert.deepEqual(split([Buffer.from([0x61, 0xff, 0x00, 0x0a])]), ["a\ufffd\0"]);
});

test("no more lines are taken than were asked for, empty ones among them; the rest is the caller's", () => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  const bytes = Buffer.from("\n\none\ntwo\nthr");
  assert.equal(splitter.push(bytes, 3), 6);
  assert.deepEqual(lines, ["one"]);
  assert.equal(splitter.push(bytes.subarray(6), 3), bytes.length - 6);
  assert.deepEqual(lines, ["one", "two"]);
});

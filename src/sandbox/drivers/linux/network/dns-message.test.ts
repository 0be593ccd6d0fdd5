import assert from "node:assert/strict";
import { test } from "node:test";
import { answerLocal, isAnswerTo, isLocal, parseQuery, serverFailure } from "./dns-message.ts";

const header = [0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];

function query(name: string, type = 1): Buffer {
  const labels = name === "" ? [] : name.split(".");
  const question = labels.flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([...header, ...question, 0, 0, type, 0, 1]);
}

test("a query tells its name and its type", () => {
  assert.deepEqual(parseQuery(query("Example.COM", 28)), { id: 0x1234, name: "example.com", type: 28, endAt: 29 });
  assert.equal(parseQuery(query(""))?.name, "");
});

test("what is no ordinary query is none", () => {
  const good = query("example.com");
  const changed = (at: number, value: number): Buffer => Buffer.from(good.map((byte, index) => (index === at ? value : byte)));
  assert.equal(parseQuery(changed(2, 0x81)), undefined, "an answer");
  assert.equal(parseQuery(changed(2, 0x28)), undefined, "an update");
  assert.equal(parseQuery(changed(5, 2)), undefined, "two questions");
  assert.equal(parseQuery(changed(12, 0xc0)), undefined, "a pointer where a name begins");
  assert.equal(parseQuery(changed(12, 63)), undefined, "a name that ends beyond the message");
  for (let size = 0; size < good.length; size++) assert.equal(parseQuery(good.subarray(0, size)), undefined, `${size} bytes`);
  assert.equal(parseQuery(query(Array(26).fill("a".repeat(10)).join("."))), undefined, "a name of 285 letters");
});

test("names below localhost are 127.0.0.1, and have nothing else", () => {
  const local = (name: string, type = 1): Buffer => answerLocal(query(name, type), parseQuery(query(name, type))!);
  assert.ok(isLocal(parseQuery(query("bucket.LOCALHOST"))!) && isLocal(parseQuery(query("localhost"))!));
  assert.ok(!isLocal(parseQuery(query("notlocalhost"))!) && !isLocal(parseQuery(query("localhost.example"))!));
  const answer = local("a.localhost");
  assert.ok(isAnswerTo(query("a.localhost"), answer));
  assert.deepEqual([...answer.subarray(-4)], [127, 0, 0, 1]);
  assert.equal(answer.readUInt16BE(6), 1);
  assert.equal(local("a.localhost", 28).readUInt16BE(6), 0);
});

test("a failure repeats the question and nothing that followed it", () => {
  const asked = Buffer.concat([query("example.com"), Buffer.from("more")]);
  const answer = serverFailure(asked, parseQuery(asked)!);
  assert.equal(answer.readUInt16BE(2), 0x8182);
  assert.equal(answer.length, query("example.com").length);
});

test("an answer has the query's number", () => {
  const asked = query("example.com");
  assert.ok(!isAnswerTo(asked, asked), "a query is no answer");
  assert.ok(!isAnswerTo(asked, Buffer.from([0x12, 0x35, 0x81, 0x80, ...asked.subarray(4)])));
  assert.ok(!isAnswerTo(asked, Buffer.from([0x12])));
});

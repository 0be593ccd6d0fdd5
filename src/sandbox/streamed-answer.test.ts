import assert from "node:assert/strict";
import { test } from "node:test";
import { maxResponseBytes } from "./runtime-link.ts";
import { maxStreamedBytes, StreamedAnswer } from "./streamed-answer.ts";

const piece = Buffer.alloc(1024 * 1024);

function answerInto(sizeBytes: number): { answer: StreamedAnswer; receivedBytes: () => number } {
  let received = 0;
  const answer = new StreamedAnswer({ begin() {}, write: (bytes) => void (received += bytes.length) }, "text/plain");
  for (let left = sizeBytes; left > 0; left -= piece.length) void answer.write(piece.subarray(0, left));
  return { answer, receivedBytes: () => received };
}

test("200 MB may be streamed, and not a byte more", () => {
  const whole = answerInto(maxStreamedBytes);
  assert.deepEqual(whole.answer.end(), { kind: "streamed", sizeBytes: maxStreamedBytes });
  const tooLarge = answerInto(maxStreamedBytes + 1);
  assert.deepEqual(tooLarge.answer.end(), { kind: "tooLarge", limitBytes: maxStreamedBytes });
  assert.equal(tooLarge.receivedBytes(), maxStreamedBytes);
});

test("without a sink an answer is gathered, up to the limit of an answer", () => {
  const gather = (sizeBytes: number): StreamedAnswer => {
    const answer = new StreamedAnswer(undefined, "text/plain");
    void answer.write(Buffer.alloc(sizeBytes));
    return answer;
  };
  const whole = gather(maxResponseBytes).end();
  assert.ok(whole.kind === "response" && whole.payload.length === maxResponseBytes && whole.contentType === "text/plain");
  assert.deepEqual(gather(maxResponseBytes + 1).end(), { kind: "tooLarge", limitBytes: maxResponseBytes });
});

test("an error is all that is left of an answer that broke", () => {
  const answer = new StreamedAnswer(undefined, "text/plain");
  void answer.write(piece);
  const payload = Buffer.from("{}");
  assert.deepEqual(answer.end(payload), { kind: "error", payload });
});

import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { Intake, piecesPerTurn, turnMs } from "./intake.ts";

/** Every byte is a piece. */
function open() {
  const clock = new ManualClock();
  const stream = new PassThrough();
  let taken = "";
  const intake = new Intake(stream, clock, (chunk, maxPieces) => {
    const slice = chunk.subarray(0, maxPieces);
    taken += slice.toString();
    return slice.length;
  });
  return { clock, stream, intake, taken: () => taken };
}

const flood = "a".repeat(piecesPerTurn) + "b".repeat(piecesPerTurn) + "c";

test("what comes in reasonable number is taken at once, in order", async () => {
  const { clock, stream, intake, taken } = open();
  stream.write("a");
  stream.write("b".repeat(100));
  await clock.advance(0);
  assert.equal(taken(), `a${"b".repeat(100)}`);
  assert.equal(intake.caughtUp, undefined);
  assert.equal(clock.pendingCount, 0);
});

test("a flood is taken in slices, and the writer waits meanwhile", async () => {
  const { clock, stream, intake, taken } = open();
  stream.write(flood);
  await clock.advance(0);
  assert.equal(taken().length, piecesPerTurn);
  assert.equal(stream.isPaused(), true);
  stream.write("d");
  let isCaughtUp = false;
  void intake.caughtUp?.then(() => (isCaughtUp = true));
  await clock.advance(turnMs);
  assert.deepEqual([taken().length, isCaughtUp], [2 * piecesPerTurn, false]);
  await clock.advance(turnMs);
  assert.equal(isCaughtUp, true);
  assert.equal(taken(), `${flood}d`);
  assert.equal(stream.isPaused(), false);
});

test("a stream is read when the last reason not to is gone", async () => {
  const { clock, stream, intake, taken } = open();
  stream.write(flood);
  await clock.advance(0);
  intake.hold("log");
  await clock.advance(10 * turnMs);
  assert.equal(taken().length, piecesPerTurn);
  intake.hold("room");
  intake.release("log");
  assert.equal(taken().length, piecesPerTurn);
  intake.release("room");
  await clock.advance(turnMs);
  assert.equal(taken(), flood);
});

test("what comes although the stream was paused waits its turn", async () => {
  const { clock, stream, taken } = open();
  stream.write(flood);
  await clock.advance(0);
  stream.write("d");
  // As Node does when a child process has exited.
  stream.resume();
  await clock.advance(0);
  assert.equal(taken().length, piecesPerTurn);
  await clock.advance(2 * turnMs);
  assert.equal(taken(), `${flood}d`);
});

test("a stream that ends gives all that it had", async () => {
  const { clock, stream, taken } = open();
  stream.write(flood);
  await clock.advance(0);
  stream.end("d");
  stream.resume();
  await new Promise((resolve) => stream.once("close", resolve));
  assert.equal(taken(), `${flood}d`);
  assert.equal(clock.pendingCount, 0);
});

test("at the end the rest is taken at once, and no timer is left", async () => {
  const { clock, stream, intake, taken } = open();
  stream.write(flood);
  await clock.advance(0);
  const { caughtUp } = intake;
  intake.drain();
  await caughtUp;
  assert.equal(taken(), flood);
  assert.equal(clock.pendingCount, 0);
});

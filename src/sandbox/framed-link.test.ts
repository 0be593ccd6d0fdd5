import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import type { LaunchOrder } from "./drivers/driver.ts";
import { FakeProcess } from "./fixtures/fake-driver.ts";
import { requestOf } from "./fixtures/specs.ts";
import { FramedLink } from "./framed-link.ts";
import { frameType } from "./frames.ts";
import { piecesPerTurn, turnMs } from "./intake.ts";
import type { RuntimeListener } from "./runtime-link.ts";

const { ready, log, responseHead, responseChunk, responseEnd } = frameType;

function open(changes: Partial<RuntimeListener> = {}) {
  const told: string[] = [];
  const note = (word: string) => () => void told.push(word);
  const listener: RuntimeListener = {
    ready: note("ready"),
    initFailed: note("initFailed"),
    checkpointed: (outcome) => void told.push(`checkpointed ${JSON.stringify(outcome)}`),
    restored: note("restored"),
    restoreFailed: (payload) => void told.push(`restoreFailed ${payload.toString()}`),
    credentialsFor: () => undefined,
    answered: ({ kind }) => void told.push(`answered ${kind}`),
    done: note("done"),
    logged: (_, message) => void told.push(message),
    violated: (reason) => void told.push(`violated: ${reason}`),
    ...changes,
  };
  const link = new FramedLink(listener);
  const process = new FakeProcess({} as LaunchOrder);
  const clock = new ManualClock();
  link.attach(process, clock);
  return { link, process, clock, told };
}

test("what we fail to serve is a violation, and nothing is told after it", async () => {
  const failing = (): never => {
    throw new Error("out of order");
  };
  const { process, clock, told } = open({ ready: failing });
  process.say([ready], [ready]);
  await clock.advance(0);
  assert.deepEqual(told, ["violated: its frames could not be served: Error: out of order"]);
});

test("frames without number are taken in slices; those of a closed link are not told", async () => {
  const { link, process, clock, told } = open();
  const empty = Buffer.concat([Buffer.alloc(9), Buffer.from("x")]);
  process.say(...Array.from({ length: 3 * piecesPerTurn }, (): [number, Buffer] => [log, empty]));
  await clock.advance(0);
  assert.equal(told.length, piecesPerTurn);
  await clock.advance(turnMs);
  assert.equal(told.length, 2 * piecesPerTurn);
  link.close();
  await clock.advance(10 * turnMs);
  assert.deepEqual([told.length, clock.pendingCount], [2 * piecesPerTurn, 0]);
});

test("while the caller has no room, no more is taken", async () => {
  const { link, process, clock, told } = open();
  process.say([ready]);
  await clock.advance(0);
  const room = Promise.withResolvers<void>();
  const taken: string[] = [];
  const stream = { begin() {}, write: (bytes: Uint8Array) => (taken.push(Buffer.from(bytes).toString()), room.promise) };
  link.invoke(requestOf({}, { stream }), 0);
  process.say([responseHead, "text/plain"], [responseChunk, "a"]);
  await clock.advance(0);
  process.say([responseChunk, "b"], [responseEnd]);
  await clock.advance(turnMs);
  link.pause();
  link.resume();
  assert.deepEqual(taken, ["a"]);
  room.resolve();
  await clock.advance(0);
  await clock.advance(0);
  assert.deepEqual(
    [taken, told],
    [
      ["a", "b"],
      ["ready", "answered streamed", "done"],
    ],
  );
});

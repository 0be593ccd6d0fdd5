import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { maxFrameBytes } from "./frames.ts";
import { LogFrameReader, withFramedLogs } from "./framed-logs.ts";
import type { RunningProcess } from "./drivers/driver.ts";
import type { RuntimeListener } from "./runtime-link.ts";

function frame(text: string, timestampMs: number, type = 0xa55a_000a): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(16);
  head.writeUInt32BE(type);
  head.writeUInt32BE(bytes.length, 4);
  head.writeBigUInt64BE(BigInt(timestampMs) * 1000n, 8);
  return Buffer.concat([head, bytes]);
}

function read(chunks: readonly Buffer[]): { events: Array<[number, string]>; isGood: boolean } {
  const events: Array<[number, string]> = [];
  const reader = new LogFrameReader((timestampMs, text) => events.push([timestampMs, text]));
  return { isGood: chunks.every((chunk) => reader.push(chunk) === chunk.length), events };
}

const expected: Array<[number, string]> = [
  [1_768_000_000_123, "one\ntwo"],
  [1_768_000_000_124, ""],
  [1_768_000_000_125, "Grüße"],
];
const stream = Buffer.concat(expected.map(([timestampMs, text]) => frame(text, timestampMs)));

test("log events survive every way to cut the stream in two", () => {
  for (let at = 0; at <= stream.length; at++) {
    assert.deepEqual(read([stream.subarray(0, at), stream.subarray(at)]), { events: expected, isGood: true });
  }
});

test("what is no log event is noticed with its head", () => {
  assert.equal(read([Buffer.from("a line that was printed to it\n")]).isGood, false);
  assert.deepEqual(read([stream, frame("", 0, 0x1234_0000)]), { events: expected, isGood: false });
  const tooLong = frame("", 0);
  tooLong.writeUInt32BE(maxFrameBytes + 1, 4);
  assert.equal(read([tooLong]).isGood, false);
});

/** A link that does nothing but note what is asked of it, and a process whose descriptor for logs is a stream of ours. */
function open() {
  const told: string[] = [];
  const asked: string[] = [];
  const note = (word: string) => () => void asked.push(word);
  const inner = {
    variables: { AWS_LAMBDA_RUNTIME_API: "api" } as Record<string, string>,
    attach: note("attach"),
    invoke: note("invoke"),
    pause: note("pause"),
    resume: note("resume"),
    close: note("close"),
  };
  const listener = {
    logged: (_: number, text: string) => void told.push(text),
    violated: (reason: string) => void told.push(`violated: ${reason}`),
  };
  const link = withFramedLogs({ ...inner, wantsFrames: false }, listener as RuntimeListener);
  const logs = new PassThrough();
  link.attach({ frames: logs } as unknown as RunningProcess, new ManualClock());
  return { link, logs, told, asked };
}

test("a link with framed logs tells the runtime where they go, and passes on all else", () => {
  const { link, asked } = open();
  assert.deepEqual([link.wantsFrames, link.variables], [true, { AWS_LAMBDA_RUNTIME_API: "api", _LAMBDA_TELEMETRY_LOG_FD: "3" }]);
  link.pause();
  link.resume();
  link.close();
  assert.deepEqual(asked, ["attach", "pause", "resume", "close"]);
});

test("what is no log event is a violation, told once; after the end nothing is told", async () => {
  const { link, logs, told } = open();
  const written = (bytes: Buffer | string) => new Promise((resolve) => logs.write(bytes, resolve));
  await written(frame("fine", 1));
  await written("this is no frame at all");
  await written(frame("too late", 2));
  assert.deepEqual(told, ["fine", "violated: what it wrote to the descriptor for logs is no log event"]);
  const other = open();
  other.link.close();
  other.logs.write(frame("nobody listens", 1));
  await new Promise(setImmediate);
  assert.deepEqual(other.told, []);
  link.close();
});

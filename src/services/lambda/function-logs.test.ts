import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import type { LogLine } from "#sandbox/contract.ts";
import type { Calls } from "#wire/calls.ts";
import { AwsError } from "#wire/errors.ts";
import { FunctionLogs } from "./function-logs.ts";

const stream = { accountId: "000000000000", region: "us-east-1", group: "/aws/lambda/f", stream: "s" };
const hourMs = 60 * 60 * 1000;

/** CloudWatch Logs as far as it refuses: `refuses` is asked of each batch. Gives the messages of each that was taken. */
async function send(lines: readonly LogLine[], refuses: (batch: LogLine[]) => boolean): Promise<string[][]> {
  const taken: string[][] = [];
  const calls: Calls = {
    async invoke(_service, operation, input) {
      if (operation === "CreateLogStream") return {};
      assert.equal(operation, "PutLogEvents");
      const { logEvents } = input as { logEvents: Array<{ timestamp: number; message: string }> };
      if (refuses(logEvents.map(({ timestamp, message }) => ({ timestampMs: timestamp, message })))) {
        throw new AwsError("InvalidParameterException", "The batch is refused.");
      }
      taken.push(logEvents.map(({ message }) => message));
      return {};
    },
  };
  const logs = new FunctionLogs(calls, new ManualClock(), silentLog);
  void logs.write(stream, lines);
  await logs.flush();
  return taken;
}

const line = (timestampMs: number, message: string): LogLine => ({ timestampMs, message });

test("lines that are a day apart go in batches of their own", async () => {
  const nowMs = 1_000 * hourMs;
  const lines = [line(nowMs, "START"), line(nowMs - 23 * hourMs, "old"), line(nowMs + 23 * hourMs, "young"), line(nowMs, "END")];
  const spansDay = (batch: LogLine[]): boolean => batch.at(-1)!.timestampMs - batch[0]!.timestampMs >= 24 * hourMs;
  assert.deepEqual(await send(lines, spansDay), [["old", "START", "END"], ["young"]]);
});

test("of a batch that is refused only those lines are lost that it is refused for", async () => {
  const lines = Array.from({ length: 9 }, (_, index) => line(index, `line ${index}`));
  const taken = await send(lines, (batch) => batch.some(({ message }) => message === "line 4"));
  assert.deepEqual(
    taken.flat(),
    lines.map(({ message }) => message).filter((message) => message !== "line 4"),
  );
});

test("a stream is made with its first line, its group only if that is missing, and both again if somebody deletes them", async () => {
  const asked: string[] = [];
  const there = new Set<string>();
  const missing = (): AwsError => new AwsError("ResourceNotFoundException", "It does not exist.");
  const calls: Calls = {
    async invoke(_service, operation) {
      asked.push(operation);
      if (operation === "CreateLogGroup") there.add("group");
      else if (!there.has("group")) throw missing();
      else if (operation === "CreateLogStream") there.add("stream");
      else if (!there.has("stream")) throw missing();
      return {};
    },
  };
  const logs = new FunctionLogs(calls, new ManualClock(), silentLog);
  const writeTo = async (name: typeof stream): Promise<string[]> => {
    void logs.write(name, [line(0, "a line")]);
    await logs.flush();
    return asked.splice(0);
  };
  assert.deepEqual(await writeTo(stream), ["CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents"]);
  assert.deepEqual(await writeTo(stream), ["PutLogEvents"]);
  assert.deepEqual(await writeTo({ ...stream, stream: "another" }), ["CreateLogStream", "PutLogEvents"]);
  there.clear();
  const again = ["PutLogEvents", "CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents"];
  assert.deepEqual(await writeTo(stream), again);
});

test("a stream that is there already is written to", async () => {
  const asked: string[] = [];
  const calls: Calls = {
    async invoke(_service, operation) {
      asked.push(operation);
      if (operation === "CreateLogStream") throw new AwsError("ResourceAlreadyExistsException", "It does.");
      return {};
    },
  };
  const logs = new FunctionLogs(calls, new ManualClock(), silentLog);
  void logs.write(stream, [line(0, "a line")]);
  await logs.flush();
  assert.deepEqual(asked, ["CreateLogStream", "PutLogEvents"]);
});

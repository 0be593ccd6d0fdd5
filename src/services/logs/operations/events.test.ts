import assert from "node:assert/strict";
import { test } from "node:test";
import { servicePrincipal } from "#wire/principal.ts";
import { awsError, LogsBench } from "../testing.ts";
import { deleteLogStream } from "./delete-log-stream.ts";
import { filterLogEvents } from "./filter-log-events.ts";
import { getLogEvents } from "./get-log-events.ts";
import { putLogEvents } from "./put-log-events.ts";
import { putRetentionPolicy } from "./put-retention-policy.ts";
import { startLiveTail } from "./start-live-tail.ts";
import { testMetricFilter } from "./test-metric-filter.ts";

const s = { logGroupName: "g", logStreamName: "s" };
const hourMs = 3_600_000;

const messages = (page: { events?: Array<{ message?: string | undefined }> | undefined }): string =>
  page.events!.map(({ message }) => message).join(" ");

test("events are paged through both ways, and the ends hand back their tokens", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("s");
  await bench.put("s", [1, "a"], [2, "b"], [3, "c"], [4, "d"], [5, "e"]);
  const head = await bench.call(getLogEvents, { ...s, limit: 2, startFromHead: true });
  assert.equal(messages(head), "a b");
  assert.match(head.nextForwardToken!, /^f\/\d{56}$/);
  assert.match(head.nextBackwardToken!, /^b\/\d{56}$/);
  const second = await bench.call(getLogEvents, { ...s, limit: 3, nextToken: head.nextForwardToken! });
  assert.equal(messages(second), "c d e");
  const end = await bench.call(getLogEvents, { ...s, nextToken: second.nextForwardToken! });
  assert.deepEqual([messages(end), end.nextForwardToken], ["", second.nextForwardToken]);
  assert.equal(messages(await bench.call(getLogEvents, { ...s, limit: 2, nextToken: end.nextBackwardToken! })), "d e");
  const tail = await bench.call(getLogEvents, { ...s, limit: 2 });
  assert.equal(messages(tail), "d e");
  assert.equal(messages(await bench.call(getLogEvents, { ...s, nextToken: tail.nextBackwardToken! })), "a b c");
  const start = await bench.call(getLogEvents, { ...s, nextToken: head.nextBackwardToken! });
  assert.deepEqual([messages(start), start.nextBackwardToken], ["", head.nextBackwardToken]);
  await bench.put("s", [6, "f"]);
  assert.equal(messages(await bench.call(getLogEvents, { ...s, nextToken: end.nextForwardToken! })), "f");
  await assert.rejects(
    bench.call(getLogEvents, { ...s, nextToken: "f/1" }),
    awsError("InvalidParameterException", "The specified nextToken is invalid."),
  );
});

test("a token of an empty stream finds what comes later", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("s");
  const { nextForwardToken } = await bench.call(getLogEvents, s);
  await bench.put("s", [0, "first"]);
  assert.equal(messages(await bench.call(getLogEvents, { ...s, nextToken: nextForwardToken! })), "first");
});

test("start is inclusive, end exclusive", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("s");
  await bench.put("s", [1, "a"], [2, "b"], [3, "c"]);
  const now = bench.clock.now();
  assert.equal(messages(await bench.call(getLogEvents, { ...s, startTime: now + 2, endTime: now + 3 })), "b");
  assert.equal(messages(await bench.call(filterLogEvents, { logGroupName: "g", startTime: now + 2, endTime: now + 3 })), "b");
});

test("a page ends at a megabyte", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("s");
  for (let part = 0; part < 3; part++) await bench.put("s", [part, "x".repeat(600_000)]);
  assert.equal((await bench.call(getLogEvents, { ...s, startFromHead: true })).events!.length, 1);
});

test("a batch that is wrong is refused as a whole", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("s");
  const refused = (message: string) => awsError("InvalidParameterException", message);
  const disorder = refused("Log events in a single PutLogEvents request must be in chronological order.");
  await assert.rejects(bench.put("s", [2, "b"], [1, "a"]), disorder);
  await assert.rejects(bench.put("s", [0, "x".repeat(1_048_551)]), refused("Upload too large: 1048577 bytes exceeds limit of 1048576"));
  const span = refused("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  await assert.rejects(bench.put("s", [-25 * hourMs, "a"], [0, "b"]), span);
  await bench.put("s", [0, "x".repeat(1_048_550)]);
  const missing = bench.call(putLogEvents, { logGroupName: "g", logStreamName: "none", logEvents: [{ timestamp: 1, message: "x" }] });
  await assert.rejects(missing, awsError("ResourceNotFoundException", "The specified log stream does not exist."));
});

test("events that are too old, expired or too new are left out and told", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("s");
  const now = bench.clock.now();
  const put = async (...offsets: number[]): Promise<unknown> => {
    const logEvents = offsets.map((offset) => ({ timestamp: now + offset, message: String(offset) }));
    const { nextSequenceToken, rejectedLogEventsInfo } = await bench.call(putLogEvents, { ...s, logEvents, sequenceToken: "ignored" });
    assert.match(nextSequenceToken!, /^\d{56}$/);
    return rejectedLogEventsInfo;
  };
  assert.equal(await put(0, 2 * hourMs), undefined);
  assert.deepEqual(await put(1, 2 * hourMs + 1), { tooNewLogEventStartIndex: 1 });
  assert.deepEqual(await put(-14 * 24 * hourMs - 1, -14 * 24 * hourMs), { tooOldLogEventEndIndex: 1 });
  await bench.call(putRetentionPolicy, { logGroupName: "g", retentionInDays: 1 });
  assert.deepEqual(await put(-24 * hourMs - 2, -24 * hourMs - 1), { expiredLogEventEndIndex: 2 });
  assert.equal(messages(await bench.call(getLogEvents, s)), `0 1 ${2 * hourMs}`);
});

test("a search runs across streams in the order of time", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("a1", "a2", "b1");
  await bench.put("a1", [1, "ERROR one"], [4, "fine"]);
  await bench.put("a2", [2, "ERROR two"]);
  await bench.put("b1", [3, "ERROR three"]);
  const search = (input: object) => bench.call(filterLogEvents, { logGroupName: "g", ...input });
  const all = await search({});
  assert.equal(messages(all), "ERROR one ERROR two ERROR three fine");
  assert.deepEqual(all.searchedLogStreams, []);
  assert.equal(all.nextToken, undefined);
  assert.equal(all.events![0]!.logStreamName, "a1");
  assert.match(all.events![0]!.eventId!, /^\d{56}$/);
  assert.equal(new Set(all.events!.map(({ eventId }) => eventId)).size, 4);
  assert.equal(messages(await search({ filterPattern: "ERROR", logStreamNamePrefix: "a" })), "ERROR one ERROR two");
  assert.equal(messages(await search({ logStreamNames: ["b1", "a2"] })), "ERROR two ERROR three");
  assert.equal(messages(await search({ startFromHead: false, limit: 2 })), "fine ERROR three");
  const first = await search({ filterPattern: "ERROR", limit: 2 });
  assert.equal(messages(await search({ filterPattern: "ERROR", nextToken: first.nextToken! })), "ERROR three");
  await assert.rejects(search({ filterPattern: "{" }), awsError("InvalidParameterException", "Invalid filter pattern"));
  await assert.rejects(
    search({ logStreamNames: ["none"] }),
    awsError("ResourceNotFoundException", "The specified log stream does not exist."),
  );
  await assert.rejects(search({ logStreamNames: ["a1"], logStreamNamePrefix: "a" }), awsError("InvalidParameterException"));
  await assert.rejects(search({ logGroupIdentifier: "g" }), awsError("InvalidParameterException"));
  await bench.call(deleteLogStream, { logGroupName: "g", logStreamName: "a1" });
  assert.equal(messages(await search({})), "ERROR two ERROR three");
});

test("metric filters are tested", async (t) => {
  const bench = await LogsBench.start(t);
  const { matches } = await bench.call(testMetricFilter, {
    filterPattern: "[ip, status=4*]",
    logEventMessages: ["1.1.1.1 200", "2.2.2.2 404"],
  });
  assert.deepEqual(matches, [{ eventNumber: 2, eventMessage: "2.2.2.2 404", extractedValues: { $ip: "2.2.2.2", $status: "404" } }]);
});

const arn = "arn:aws:logs:eu-central-1:123456789012:log-group:g";

test("a live tail shows each second what has arrived, from clients and from functions, until the client goes", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("s", "other");
  const leaving = new AbortController();
  const input = { logGroupIdentifiers: [arn], logStreamNames: ["s"], logEventFilterPattern: "yes" };
  const { responseStream } = await bench.call(startLiveTail, input, { signal: leaving.signal });
  const tail = responseStream![Symbol.asyncIterator]();
  const start = (await tail.next()).value.sessionStart;
  assert.deepEqual({ ...start, sessionId: typeof start.sessionId }, { ...input, requestId: "request-1", sessionId: "string" });

  const update = tail.next();
  await bench.put("s", [0, "yes 1"], [0, "no"]);
  await bench.put("other", [0, "yes elsewhere"]);
  const logEvents = [{ timestamp: bench.clock.now(), message: "yes 2" }];
  await bench.call(putLogEvents, { ...s, logEvents }, { as: servicePrincipal("lambda.amazonaws.com", "123456789012") });
  const ingestionTime = bench.clock.now();
  await bench.clock.advance(1_000);
  const shown = { logGroupIdentifier: "123456789012:g", logStreamName: "s", timestamp: ingestionTime, ingestionTime };
  assert.deepEqual((await update).value, {
    sessionUpdate: {
      sessionMetadata: { sampled: false },
      sessionResults: [
        { ...shown, message: "yes 1" },
        { ...shown, message: "yes 2" },
      ],
    },
  });

  const last = tail.next();
  leaving.abort();
  assert.equal((await last).done, true);
  assert.equal(bench.state.liveTails.count, 0);
});

test("a live tail samples and ends after three hours", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("s");
  const { responseStream } = await bench.call(startLiveTail, { logGroupIdentifiers: [arn] });
  const tail = responseStream![Symbol.asyncIterator]();
  await tail.next();
  const update = tail.next();
  await bench.put("s", ...Array.from({ length: 501 }, (_, index): [number, string] => [index, "x"]));
  await bench.clock.advance(3 * hourMs);
  const { sessionMetadata, sessionResults } = (await update).value.sessionUpdate;
  assert.deepEqual([sessionMetadata.sampled, sessionResults.length], [true, 500]);
  assert.ok("SessionTimeoutException" in (await tail.next()).value);
  assert.equal((await tail.next()).done, true);
  assert.equal(bench.state.liveTails.count, 0);
});

test("a live tail wants ARNs without an asterisk", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams();
  for (const identifier of ["g", `${arn}:*`]) {
    await assert.rejects(bench.call(startLiveTail, { logGroupIdentifiers: [identifier] }), awsError("InvalidParameterException"));
  }
});

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sweep } from "../loops/sweep.ts";
import { awsError, LogsBench } from "../testing.ts";
import { createLogGroup } from "./create-log-group.ts";
import { createLogStream } from "./create-log-stream.ts";
import { deleteLogGroup } from "./delete-log-group.ts";
import { deleteLogStream } from "./delete-log-stream.ts";
import { deleteRetentionPolicy } from "./delete-retention-policy.ts";
import { describeLogGroups } from "./describe-log-groups.ts";
import { describeLogStreams } from "./describe-log-streams.ts";
import { getLogEvents } from "./get-log-events.ts";
import { listLogGroups } from "./list-log-groups.ts";
import { listTagsForResource } from "./list-tags-for-resource.ts";
import { listTagsLogGroup } from "./list-tags-log-group.ts";
import { putLogGroupDeletionProtection } from "./put-log-group-deletion-protection.ts";
import { putRetentionPolicy } from "./put-retention-policy.ts";
import { tagLogGroup } from "./tag-log-group.ts";
import { tagResource } from "./tag-resource.ts";
import { untagLogGroup } from "./untag-log-group.ts";
import { untagResource } from "./untag-resource.ts";

const noGroup = awsError("ResourceNotFoundException", "The specified log group does not exist.");
const arn = "arn:aws:logs:eu-central-1:123456789012:log-group:g";

test("a group is described as AWS does", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.call(createLogGroup, { logGroupName: "g" });
  await bench.call(putRetentionPolicy, { logGroupName: "g", retentionInDays: 30 });
  const { logGroups, nextToken } = await bench.call(describeLogGroups, {});
  assert.deepEqual(logGroups, [
    {
      logGroupName: "g",
      creationTime: bench.clock.now(),
      retentionInDays: 30,
      metricFilterCount: 0,
      arn: `${arn}:*`,
      storedBytes: 0,
      logGroupClass: "STANDARD",
      logGroupArn: arn,
      deletionProtectionEnabled: false,
    },
  ]);
  assert.equal(nextToken, undefined);
  await bench.call(deleteRetentionPolicy, { logGroupName: "g" });
  assert.equal((await bench.call(describeLogGroups, {})).logGroups![0]!.retentionInDays, undefined);
});

test("names are taken once; what is missing is missing", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("s");
  await assert.rejects(
    bench.call(createLogGroup, { logGroupName: "g" }),
    awsError("ResourceAlreadyExistsException", "The specified log group already exists"),
  );
  const again = bench.call(createLogStream, { logGroupName: "g", logStreamName: "s" });
  await assert.rejects(again, awsError("ResourceAlreadyExistsException", "The specified log stream already exists"));
  await assert.rejects(bench.call(createLogStream, { logGroupName: "none", logStreamName: "s" }), noGroup);
  await assert.rejects(bench.call(deleteLogGroup, { logGroupName: "none" }), noGroup);
  const noStream = awsError("ResourceNotFoundException", "The specified log stream does not exist.");
  await assert.rejects(bench.call(deleteLogStream, { logGroupName: "g", logStreamName: "none" }), noStream);
  await assert.rejects(
    bench.call(putRetentionPolicy, { logGroupName: "g", retentionInDays: 2 }),
    awsError("InvalidParameterException", /Value '2' at 'retentionInDays'/),
  );
});

test("groups are found by prefix, by pattern, by ARN, page by page", async (t) => {
  const bench = await LogsBench.start(t);
  for (const logGroupName of ["/b/2", "/a/1", "/b/1", "/B/3"]) await bench.call(createLogGroup, { logGroupName });
  const names = async (input: object): Promise<unknown[]> =>
    (await bench.call(describeLogGroups, input)).logGroups!.map(({ logGroupName }) => logGroupName);
  assert.deepEqual(await names({}), ["/B/3", "/a/1", "/b/1", "/b/2"]);
  assert.deepEqual(await names({ logGroupNamePrefix: "/b" }), ["/b/1", "/b/2"]);
  assert.deepEqual(await names({ logGroupNamePattern: "1" }), ["/a/1", "/b/1"]);
  assert.deepEqual(await names({ logGroupIdentifiers: [`${arn.slice(0, -1)}/a/1`, "/b/2"] }), ["/a/1", "/b/2"]);
  assert.deepEqual(await names({ logGroupClass: "INFREQUENT_ACCESS" }), []);
  const first = await bench.call(describeLogGroups, { limit: 3 });
  assert.deepEqual(await names({ limit: 3, nextToken: first.nextToken! }), ["/b/2"]);
  const both = bench.call(describeLogGroups, { logGroupNamePrefix: "a", logGroupNamePattern: "b" });
  await assert.rejects(both, awsError("InvalidParameterException", /mutually exclusive/));
  await assert.rejects(
    bench.call(describeLogGroups, { nextToken: "???" }),
    awsError("InvalidParameterException", "The specified nextToken is invalid."),
  );
  const listed = await bench.call(listLogGroups, { logGroupNamePattern: "^/a/1|b/2" });
  assert.deepEqual(
    listed.logGroups!.map(({ logGroupName }) => logGroupName),
    ["/a/1", "/b/2"],
  );
});

test("a group that is made anew begins empty", async (t) => {
  const bench = await LogsBench.start(t);
  for (let round = 0; round < 2; round++) {
    await bench.makeStreams("s");
    assert.deepEqual((await bench.call(getLogEvents, { logGroupName: "g", logStreamName: "s" })).events, []);
    await bench.put("s", [0, "x"]);
    await bench.call(deleteLogGroup, { logGroupName: "g" });
    assert.deepEqual(await bench.appendLogs.names(), []);
    await assert.rejects(bench.put("s", [0, "x"]), noGroup);
  }
});

test("a protected group cannot be deleted", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.call(createLogGroup, { logGroupName: "g", deletionProtectionEnabled: true });
  await assert.rejects(bench.call(deleteLogGroup, { logGroupName: "g" }), awsError("ValidationException"));
  await bench.call(putLogGroupDeletionProtection, { logGroupIdentifier: arn, deletionProtectionEnabled: false });
  await bench.call(deleteLogGroup, { logGroupName: "g" });
  assert.deepEqual((await bench.call(describeLogGroups, {})).logGroups, []);
});

test("streams are listed by name and by last event, both ways, page by page", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("b", "a", "ab", "c");
  await bench.put("a", [-5, "x"], [5, "y"]);
  await bench.put("b", [-1, "x"]);
  const list = async (input: object): Promise<string> => {
    const names: unknown[] = [];
    for (let nextToken: string | undefined; ;) {
      const page = await bench.call(describeLogStreams, { logGroupIdentifier: arn, limit: 2, ...input, ...(nextToken && { nextToken }) });
      names.push(...page.logStreams!.map(({ logStreamName }) => logStreamName));
      nextToken = page.nextToken;
      if (nextToken === undefined) return names.join(" ");
    }
  };
  assert.equal(await list({}), "a ab b c");
  assert.equal(await list({ descending: true }), "c b ab a");
  assert.equal(await list({ logStreamNamePrefix: "a" }), "a ab");
  assert.equal(await list({ orderBy: "LastEventTime" }), "ab c b a");
  assert.equal(await list({ orderBy: "LastEventTime", descending: true }), "a b c ab");
  const wrong = list({ orderBy: "LastEventTime", logStreamNamePrefix: "a" });
  await assert.rejects(wrong, awsError("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix."));
});

test("a stream tells what it has received, also after a crash that lost the notes", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "logs-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const first = await LogsBench.open(t, folder);
  await first.makeStreams("s");
  await first.put("s", [-5, "abc"], [5, "ä"]);
  // Nothing was saved: the loop that does it does not run here.
  await first[Symbol.asyncDispose]();
  const bench = await LogsBench.open(t, folder);
  const now = bench.clock.now();
  const { logStreams } = await bench.call(describeLogStreams, { logGroupName: "g" });
  const { uploadSequenceToken, ...rest } = logStreams![0]!;
  assert.match(uploadSequenceToken!, /^\d{56}$/);
  assert.deepEqual(rest, {
    logStreamName: "s",
    creationTime: now,
    firstEventTimestamp: now - 5,
    lastEventTimestamp: now + 5,
    lastIngestionTime: now,
    arn: `${arn}:log-stream:s`,
    storedBytes: 0,
  });
  assert.equal((await bench.call(describeLogGroups, {})).logGroups![0]!.storedBytes, 5 + 2 * 26);
});

test("tags, by name and by ARN", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.call(createLogGroup, { logGroupName: "g", tags: { a: "1" } });
  await bench.call(tagLogGroup, { logGroupName: "g", tags: { b: "2", c: "3" } });
  await bench.call(tagResource, { resourceArn: arn, tags: { a: "4" } });
  await bench.call(untagResource, { resourceArn: `${arn}:*`, tagKeys: ["b"] });
  assert.deepEqual((await bench.call(listTagsForResource, { resourceArn: arn })).tags, { a: "4", c: "3" });
  await bench.call(untagLogGroup, { logGroupName: "g", tags: ["c", "x"] });
  assert.deepEqual((await bench.call(listTagsLogGroup, { logGroupName: "g" })).tags, { a: "4" });
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, ""]));
  await assert.rejects(bench.call(tagResource, { resourceArn: arn, tags: many }), awsError("TooManyTagsException"));
  await assert.rejects(
    bench.call(tagLogGroup, { logGroupName: "g", tags: { "aws:x": "" } }),
    awsError("InvalidParameterException", /reserved/),
  );
  await assert.rejects(bench.call(listTagsForResource, { resourceArn: `${arn}x` }), noGroup);
});

test("the sweep drops what has expired and what belongs to nobody", async (t) => {
  const bench = await LogsBench.start(t);
  await bench.makeStreams("s");
  await bench.put("s", [0, "old"]);
  await bench.appendLogs.log("orphan").append({ stream: "x", ingestionMs: 0, events: [{ timestampMs: 0, message: "x" }] }, "whenOnDisk");
  await bench.call(putRetentionPolicy, { logGroupName: "g", retentionInDays: 1 });
  await bench.clock.advance(23 * 3_600_000);
  await sweep(bench.state);
  const read = async (): Promise<number> => (await bench.call(getLogEvents, { logGroupName: "g", logStreamName: "s" })).events!.length;
  assert.equal(await read(), 1);
  await bench.clock.advance(2 * 3_600_000);
  assert.equal(await read(), 0);
  await sweep(bench.state);
  assert.equal((await bench.call(describeLogGroups, {})).logGroups![0]!.storedBytes, 0);
  assert.equal((await bench.appendLogs.names()).length, 1);
});

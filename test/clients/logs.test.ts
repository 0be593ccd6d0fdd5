/** CloudWatch Logs, as the AWS SDK sees it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CloudWatchLogs, type StartLiveTailResponseStream } from "@aws-sdk/client-cloudwatch-logs";
import { type Product, startProduct } from "#test/product.ts";

describe("CloudWatch Logs", () => {
  let product: Product;

  before(async () => {
    product = await startProduct();
  });
  after(() => product[Symbol.asyncDispose]());

  /** A group with one stream and these messages, a second apart. */
  const write = async (group: string, messages: readonly string[]): Promise<void> => {
    const { logs } = product;
    await logs.createLogGroup({ logGroupName: group });
    await logs.createLogStream({ logGroupName: group, logStreamName: "main" });
    const startMs = Date.now() - messages.length * 1_000;
    const logEvents = messages.map((message, index) => ({ timestamp: startMs + index * 1_000, message }));
    await logs.putLogEvents({ logGroupName: group, logStreamName: "main", logEvents });
  };

  test("gives back what was put in, page by page, and ends as AWS ends", async () => {
    const { logs } = product;
    const sent = Array.from({ length: 25 }, (_, index) => `line ${index}`);
    await write("pages", sent);
    const got: string[] = [];
    let nextToken: string | undefined;
    for (;;) {
      const page = await logs.getLogEvents({ logGroupName: "pages", logStreamName: "main", startFromHead: true, limit: 10, nextToken });
      got.push(...page.events!.map(({ message }) => message!));
      // The same token again: nothing more for now.
      if (page.nextForwardToken === nextToken) break;
      nextToken = page.nextForwardToken;
    }
    assert.deepEqual(got, sent);
    const [group] = (await logs.describeLogGroups({ logGroupNamePrefix: "pages" })).logGroups!;
    assert.equal(group!.arn, "arn:aws:logs:us-east-1:000000000000:log-group:pages:*");
  });

  test("finds by pattern", async () => {
    const { logs } = product;
    await write("search", ['{"level":"error","ms":120}', '{"level":"info","ms":3}', "plain ERROR text", "10.0.0.1 - GET 404 12"]);
    const find = async (filterPattern: string): Promise<string[]> =>
      (await logs.filterLogEvents({ logGroupName: "search", filterPattern })).events!.map(({ message }) => message!);
    assert.deepEqual(await find('{ $.level = "error" && $.ms > 100 }'), ['{"level":"error","ms":120}']);
    assert.deepEqual(await find("ERROR -GET"), ["plain ERROR text"]);
    assert.deepEqual(await find("[ip, dash, method, status = 4*, size]"), ["10.0.0.1 - GET 404 12"]);
    await assert.rejects(find("{ $.level = "), { name: "InvalidParameterException" });
  });

  test("keeps retention and tags of a group", async () => {
    const { logs } = product;
    await logs.createLogGroup({ logGroupName: "kept", tags: { team: "red" } });
    await logs.putRetentionPolicy({ logGroupName: "kept", retentionInDays: 7 });
    assert.equal((await logs.describeLogGroups({ logGroupNamePrefix: "kept" })).logGroups![0]!.retentionInDays, 7);
    assert.deepEqual((await logs.listTagsForResource({ resourceArn: "arn:aws:logs:us-east-1:000000000000:log-group:kept" })).tags, {
      team: "red",
    });
    await logs.deleteLogGroup({ logGroupName: "kept" });
    await assert.rejects(logs.describeLogStreams({ logGroupName: "kept" }), {
      name: "ResourceNotFoundException",
      message: "The specified log group does not exist.",
    });
  });

  test("shows new events to those who watch", async () => {
    const { logs, endpoint } = product;
    await write("watched", ["before"]);
    const [group] = (await logs.describeLogGroups({ logGroupNamePrefix: "watched" })).logGroups!;
    const watcher = new CloudWatchLogs({
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      disableHostPrefix: true,
    });
    const abort = new AbortController();
    const { responseStream } = await watcher.startLiveTail({ logGroupIdentifiers: [group!.logGroupArn!] }, { abortSignal: abort.signal });
    const seen: string[] = [];
    for await (const event of responseStream as AsyncIterable<StartLiveTailResponseStream>) {
      if (event.sessionStart)
        await logs.putLogEvents({
          logGroupName: "watched",
          logStreamName: "main",
          logEvents: [{ timestamp: Date.now(), message: "after" }],
        });
      seen.push(...(event.sessionUpdate?.sessionResults ?? []).map(({ message }) => message!));
      if (seen.length > 0) break;
    }
    abort.abort();
    watcher.destroy();
    assert.deepEqual(seen, ["after"]);
  });

  test("refuses in AWS's words", async () => {
    const { logs } = product;
    await write("strict", ["x"]);
    await assert.rejects(logs.createLogGroup({ logGroupName: "strict" }), {
      name: "ResourceAlreadyExistsException",
      message: "The specified log group already exists",
    });
    const logEvents = [{ timestamp: Date.now(), message: "x" }];
    await assert.rejects(logs.putLogEvents({ logGroupName: "strict", logStreamName: "none", logEvents }), {
      name: "ResourceNotFoundException",
      message: "The specified log stream does not exist.",
    });
    await assert.rejects(logs.putRetentionPolicy({ logGroupName: "strict", retentionInDays: 8 }), { name: "InvalidParameterException" });
    await assert.rejects(logs.createLogGroup({ logGroupName: "bad name" }), { name: "InvalidParameterException" });
    await assert.rejects(logs.startQuery({ logGroupName: "strict", startTime: 0, endTime: 1, queryString: "fields @message" }), {
      name: "NotImplemented",
    });
  });
});

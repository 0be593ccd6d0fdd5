import assert from "node:assert/strict";
import { test } from "node:test";
import { retentionMs } from "./limits.ts";
import { sweep } from "./loops/sweeping.ts";
import { accountId, idOf, openXrayTrial, root, segmentOf, startSeconds, traceIdOf } from "./trial.ts";

test("a bad document is refused with its code, the others of the request are kept", async () => {
  await using trial = await openXrayTrial();
  const documents = [
    "{",
    "[]",
    JSON.stringify({ name: "a" }),
    JSON.stringify(segmentOf(1, 1, { id: "x" })),
    JSON.stringify(segmentOf(1, 1, { trace_id: "1-2-3" })),
    JSON.stringify(segmentOf(1, 1, { end_time: undefined })),
    JSON.stringify(segmentOf(1, 1, { type: "subsegment" })),
    JSON.stringify(segmentOf(1, 1, { subsegments: [{ name: "b" }] })),
    JSON.stringify(segmentOf(1, 1, { metadata: { a: "x".repeat(65_536) } })),
    `${"[".repeat(30_000)}${"]".repeat(30_000)}`,
    JSON.stringify(segmentOf(1, 7)),
  ];
  const { UnprocessedTraceSegments } = await trial.xray.putTraceSegments({ TraceSegmentDocuments: documents }, root);
  assert.deepEqual(
    UnprocessedTraceSegments!.map(({ ErrorCode }) => ErrorCode),
    [
      ...["ParseError", "ParseError", "MissingId", "InvalidId", "InvalidTraceId", "MissingEndTime", "MissingParentId", "MissingId"],
      ...["SegmentTooLarge", "ParseError"],
    ],
  );
  assert.deepEqual(UnprocessedTraceSegments![3], { Id: "x", ErrorCode: "InvalidId", Message: "Invalid segment. ErrorCode: InvalidId" });
  assert.deepEqual(
    (await trial.segments(traceIdOf(1))).map(({ id }) => id),
    [idOf(7)],
  );
});

test("subsegments that come alone, and before their segment, are put where they belong", async () => {
  await using trial = await openXrayTrial();
  const alone = { type: "subsegment", parent_id: idOf(2) };
  await trial.put(segmentOf(1, 3, { ...alone, name: "query" }));
  await trial.put(segmentOf(1, 4, { ...alone, name: "deeper", parent_id: idOf(3) }));
  await trial.put(segmentOf(1, 9, { ...alone, name: "lost", parent_id: idOf(8) }));
  const inside = { name: "Invocation", id: idOf(2), start_time: startSeconds, end_time: startSeconds + 1 };
  await trial.put(segmentOf(1, 1, { subsegments: [inside] }));
  const [segment, lost] = (await trial.segments(traceIdOf(1))) as [Record<string, unknown>, Record<string, unknown>];
  const times = { start_time: startSeconds, end_time: startSeconds + 1 };
  const deeper = { name: "deeper", id: idOf(4), ...times };
  assert.deepEqual(segment["subsegments"], [{ ...inside, subsegments: [{ name: "query", id: idOf(3), ...times, subsegments: [deeper] }] }]);
  assert.equal(lost["name"], "lost");
});

test("a segment that was in progress is replaced by the whole one", async () => {
  await using trial = await openXrayTrial();
  await trial.put(segmentOf(1, 1, { end_time: undefined, in_progress: true }));
  const isPartial = async () => (await trial.xray.getTraceSummaries(aroundNow(), root)).TraceSummaries![0]!.IsPartial;
  assert.equal(await isPartial(), true);
  await trial.put(segmentOf(1, 1));
  assert.equal(await isPartial(), false);
  assert.equal((await trial.segments(traceIdOf(1))).length, 1);
});

test("calls to services that send nothing are segments, and nodes of the graph", async () => {
  await using trial = await openXrayTrial();
  const call = { name: "DynamoDB", id: idOf(2), start_time: startSeconds, end_time: startSeconds + 0.2, namespace: "aws", throttle: true };
  const answered = { name: "other", id: idOf(3), start_time: startSeconds, end_time: startSeconds + 0.5, namespace: "remote" };
  await trial.put(
    segmentOf(1, 1, { name: "front", origin: "AWS::Lambda", subsegments: [{ ...call, aws: { table_name: "users" } }, answered] }),
    segmentOf(1, 4, { name: "back", parent_id: idOf(3), fault: true }),
  );
  const inferred = (await trial.segments(traceIdOf(1))).find((segment) => segment["inferred"] === true)!;
  assert.deepEqual([inferred["name"], inferred["origin"], inferred["parent_id"]], ["users", "AWS::DynamoDB::Table", idOf(2)]);

  const { Services } = await trial.xray.getTraceGraph({ TraceIds: [traceIdOf(1)] }, root);
  const named = new Map(Services!.map((service) => [`${service.Type ?? ""} ${service.Name}`, service]));
  assert.deepEqual([...named.keys()].sort(), [" back", "AWS::DynamoDB::Table users", "AWS::Lambda front", "client front"]);
  const front = named.get("AWS::Lambda front")!;
  assert.equal(front.Root, true);
  assert.deepEqual(
    named.get("client front")!.Edges!.map(({ ReferenceId }) => ReferenceId),
    [front.ReferenceId],
  );
  assert.deepEqual(
    new Set(front.Edges!.map(({ ReferenceId }) => ReferenceId)),
    new Set([named.get(" back")!.ReferenceId, named.get("AWS::DynamoDB::Table users")!.ReferenceId]),
  );
  assert.deepEqual(named.get(" back")!.SummaryStatistics!.FaultStatistics, { OtherCount: 1, TotalCount: 1 });
  assert.equal(named.get("AWS::DynamoDB::Table users")!.SummaryStatistics!.ErrorStatistics!.ThrottleCount, 1);
  const graph = await trial.xray.getServiceGraph(aroundNow(), root);
  assert.deepEqual(graph.Services, Services);
});

test("a summary says what the trace was about", async () => {
  await using trial = await openXrayTrial();
  const http = { request: { method: "GET", url: "http://a/b", user_agent: "curl", client_ip: "10.0.0.1" }, response: { status: 500 } };
  await trial.put(
    segmentOf(1, 1, { http, fault: true, user: "ada", annotations: { game: "chess", level: 3 }, origin: "AWS::EC2::Instance" }),
    segmentOf(1, 2, { parent_id: idOf(1), throttle: true, end_time: startSeconds + 2.5, name: "second", annotations: { game: "chess" } }),
  );
  const { TraceSummaries, TracesProcessedCount } = await trial.xray.getTraceSummaries(aroundNow(), root);
  const [summary] = TraceSummaries!;
  assert.equal(TracesProcessedCount, 1);
  assert.deepEqual([summary!.Duration, summary!.ResponseTime], [2.5, 1]);
  assert.deepEqual([summary!.HasFault, summary!.HasError, summary!.HasThrottle], [true, false, true]);
  assert.deepEqual(summary!.Http, { HttpURL: "http://a/b", HttpStatus: 500, HttpMethod: "GET", UserAgent: "curl", ClientIp: "10.0.0.1" });
  const first = { Name: "service", Names: ["service"], AccountId: accountId, Type: "AWS::EC2::Instance" };
  const second = { Name: "second", Names: ["second"], AccountId: accountId };
  assert.deepEqual(summary!.Annotations!["game"], [{ AnnotationValue: { StringValue: "chess" }, ServiceIds: [first, second] }]);
  assert.deepEqual(summary!.Annotations!["level"], [{ AnnotationValue: { NumberValue: 3 }, ServiceIds: [first] }]);
  assert.deepEqual(summary!.Users, [{ UserName: "ada", ServiceIds: [first] }]);
  assert.deepEqual(summary!.EntryPoint, first);
});

test("summaries come newest first, in pages, of the account and the region", async () => {
  await using trial = await openXrayTrial();
  const count = 120;
  const documents = Array.from({ length: count }, (_, number) =>
    segmentOf(number + 1, 1, { start_time: startSeconds + number, end_time: startSeconds + number + 1 }),
  );
  await trial.put(...documents);
  await trial.xray.putTraceSegments({ TraceSegmentDocuments: [JSON.stringify(segmentOf(500, 1))] }, { ...root, region: "us-east-1" });
  const first = await trial.xray.getTraceSummaries(aroundNow(), root);
  assert.equal(first.TraceSummaries!.length, 100);
  assert.equal(first.TraceSummaries![0]!.Id, traceIdOf(count));
  const second = await trial.xray.getTraceSummaries({ ...aroundNow(), NextToken: first.NextToken! }, root);
  assert.deepEqual([second.TraceSummaries!.length, second.NextToken], [20, undefined]);
  assert.equal(second.TraceSummaries!.at(-1)!.Id, traceIdOf(1));
  await assert.rejects(trial.xray.getTraceSummaries({ ...aroundNow(), NextToken: "e30" }, root), { code: "InvalidRequestException" });
});

test("traces are found by when they began, were active or ended", async () => {
  await using trial = await openXrayTrial();
  await trial.put(segmentOf(1, 1, { end_time: startSeconds + 600 }));
  const found = async (TimeRangeType: "TraceId" | "Event" | "Service", fromSeconds: number, untilSeconds: number): Promise<number> => {
    const period = { StartTime: new Date((startSeconds + fromSeconds) * 1_000), EndTime: new Date((startSeconds + untilSeconds) * 1_000) };
    return (await trial.xray.getTraceSummaries({ ...period, TimeRangeType }, root)).TraceSummaries!.length;
  };
  assert.deepEqual([await found("TraceId", -10, 10), await found("TraceId", 10, 700)], [1, 0]);
  assert.deepEqual([await found("Event", 10, 20), await found("Event", 601, 700)], [1, 0]);
  assert.deepEqual([await found("Service", 10, 20), await found("Service", 590, 700)], [0, 1]);
  await assert.rejects(found("TraceId", 10, 10), { code: "InvalidRequestException" });
});

test("a trace that has grown too large says so and grows no more", async () => {
  await using trial = await openXrayTrial();
  const large = { metadata: { a: { b: "x".repeat(60_000) } } };
  for (let id = 1; id <= 10; id++) await trial.put(segmentOf(1, id, large));
  const { Traces } = await trial.xray.batchGetTraces({ TraceIds: [traceIdOf(1)] }, root);
  assert.deepEqual([Traces![0]!.LimitExceeded, Traces![0]!.Segments!.length], [true, 8]);
});

test("unknown traces are unprocessed, and five are the most at once", async () => {
  await using trial = await openXrayTrial();
  await trial.put(segmentOf(1, 1));
  const { Traces, UnprocessedTraceIds } = await trial.xray.batchGetTraces({ TraceIds: [traceIdOf(1), traceIdOf(2)] }, root);
  assert.deepEqual([Traces!.map(({ Id }) => Id), UnprocessedTraceIds], [[traceIdOf(1)], [traceIdOf(2)]]);
  const TraceIds = Array.from({ length: 6 }, (_, number) => traceIdOf(number));
  await assert.rejects(trial.xray.batchGetTraces({ TraceIds }, root), {
    code: "InvalidRequestException",
    message: "Exceeding maximum query size: 5",
  });
  await assert.rejects(trial.xray.batchGetTraces({ TraceIds: [traceIdOf(1)], NextToken: "x" }, root), {
    code: "InvalidRequestException",
    message: "NextToken is currently not supported",
  });
});

test("after thirty days a trace is gone, unless something came for it since", async () => {
  await using trial = await openXrayTrial();
  await trial.put(segmentOf(1, 1), segmentOf(2, 1));
  await trial.clock.advance(retentionMs - 1_000);
  await trial.put(segmentOf(2, 2));
  await trial.clock.advance(2_000);
  await sweep(trial.state);
  assert.deepEqual([await trial.segments(traceIdOf(1)), (await trial.segments(traceIdOf(2))).length], [[], 2]);
});

test("the default rule and its target are there; other rules are unknown", async () => {
  await using trial = await openXrayTrial();
  const { SamplingRuleRecords } = await trial.xray.getSamplingRules({}, root);
  const { RuleName, FixedRate, ReservoirSize } = SamplingRuleRecords![0]!.SamplingRule!;
  assert.deepEqual([RuleName, FixedRate, ReservoirSize], ["Default", 0.05, 1]);
  const statistics = { ClientID: "0".repeat(24), Timestamp: new Date(trial.clock.now()), RequestCount: 1, SampledCount: 1 };
  const SamplingStatisticsDocuments = ["Default", "mine"].map((name) => ({ ...statistics, RuleName: name }));
  const targets = await trial.xray.getSamplingTargets({ SamplingStatisticsDocuments }, root);
  assert.equal(targets.SamplingTargetDocuments!.length, 1);
  assert.deepEqual(
    targets.UnprocessedStatistics!.map(({ RuleName: name }) => name),
    ["mine"],
  );
});

const aroundNow = (): { StartTime: Date; EndTime: Date } => ({
  StartTime: new Date((startSeconds - 3_600) * 1_000),
  EndTime: new Date((startSeconds + 3_600) * 1_000),
});

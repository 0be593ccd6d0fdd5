import type { DescribeLogStreamsRequest, DescribeLogStreamsResponse, LogStream } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "#wire/errors.ts";
import { streamArn } from "../arns.ts";
import type { LogGroup } from "../groups.ts";
import { describePageSize } from "../limits.ts";
import { sequenceToken } from "../sequence-token.ts";
import type { LogsOperation } from "../state.ts";
import type { StreamRow } from "../store.ts";
import { invalidToken, readToken, writeToken } from "../tokens.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html */
export const describeLogStreams: LogsOperation<DescribeLogStreamsRequest, DescribeLogStreamsResponse> = async (
  input,
  { state, ...scope },
) => {
  const { logStreamNamePrefix, orderBy = "LogStreamName", descending = false, limit = describePageSize } = input;
  if (orderBy === "LastEventTime" && logStreamNamePrefix !== undefined) {
    throw new AwsError("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  const group = await state.groups.resolve(scope, input);
  await state.groups.saveActivity();
  const rows = await state.store.listStreams(group.row.id, {
    prefix: logStreamNamePrefix,
    orderBy: orderBy === "LastEventTime" ? "last_event_ms" : "name",
    isDescending: descending,
    after: readPlace(input.nextToken),
    limit: limit + 1,
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    logStreams: page.map((row) => describe(group, row)),
    ...(rows.length > limit && last && { nextToken: writeToken([last.last_event_ms, last.name]) }),
  };
};

function readPlace(token: string | undefined): Pick<StreamRow, "name" | "last_event_ms"> | undefined {
  if (token === undefined) return undefined;
  const content = readToken(token);
  if (!Array.isArray(content) || typeof content[0] !== "number" || typeof content[1] !== "string") throw invalidToken();
  return { last_event_ms: content[0], name: content[1] };
}

function describe({ scope, row: group }: LogGroup, row: StreamRow): LogStream {
  return {
    logStreamName: row.name,
    creationTime: row.created_at_ms,
    ...(row.first_event_ms !== null && { firstEventTimestamp: row.first_event_ms, lastEventTimestamp: row.last_event_ms }),
    ...(row.last_ingestion_ms !== null && { lastIngestionTime: row.last_ingestion_ms }),
    uploadSequenceToken: sequenceToken(row),
    arn: streamArn(scope, group.name, row.name),
    // As on AWS, which stopped counting by stream in 2019.
    storedBytes: 0,
  };
}

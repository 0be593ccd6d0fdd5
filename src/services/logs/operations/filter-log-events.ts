import type { FilterLogEventsRequest, FilterLogEventsResponse } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "#wire/errors.ts";
import { readPattern } from "../filter.ts";
import type { LogGroup } from "../groups.ts";
import { pageBytes, pageEvents, scanBytes } from "../limits.ts";
import type { LogsOperation, LogsState } from "../state.ts";
import { digitsOf, readEventToken, readTextToken, writeEventToken, writeToken } from "../tokens.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
export const filterLogEvents: LogsOperation<FilterLogEventsRequest, FilterLogEventsResponse> = async (input, { state, ...scope }) => {
  const group = await state.groups.resolve(scope, input);
  const pattern = readPattern(input.filterPattern);
  const streams = await chooseStreams(state, group, input);
  const tokenText = readTextToken(input.nextToken);
  const token = tokenText === undefined ? undefined : readEventToken(tokenText);
  const direction = token?.direction ?? (input.startFromHead === false ? "backward" : "forward");
  const page = await group.log.read({
    ...(streams && { streams }),
    fromMs: Math.max(input.startTime ?? 0, state.groups.oldestMs(group)),
    untilMs: input.endTime ?? Infinity,
    direction,
    cursor: token?.position,
    maximumEvents: input.limit ?? pageEvents,
    maximumBytes: pageBytes,
    maximumScanBytes: scanBytes,
    accepts: pattern.matches,
  });
  const names = await state.store.streamNames([...new Set(page.events.map(({ stream }) => stream))]);
  return {
    // A stream without a name was deleted while we were reading.
    events: page.events
      .filter(({ stream }) => names.has(stream))
      .map(({ stream, timestampMs, message, ingestionMs, position }) => ({
        logStreamName: names.get(stream)!,
        timestamp: timestampMs,
        message,
        ingestionTime: ingestionMs,
        eventId: digitsOf(position),
      })),
    searchedLogStreams: [],
    ...(!page.isEnd && { nextToken: writeToken(writeEventToken({ direction, position: page.cursor })) }),
  };
};

/** Ids of the streams that a request names; undefined for all. */
async function chooseStreams(
  { groups, store }: LogsState,
  group: LogGroup,
  { logStreamNames, logStreamNamePrefix }: Pick<FilterLogEventsRequest, "logStreamNames" | "logStreamNamePrefix">,
): Promise<Set<string> | undefined> {
  if (logStreamNames !== undefined && logStreamNamePrefix !== undefined) {
    throw new AwsError("InvalidParameterException", "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
  }
  if (logStreamNames !== undefined) {
    const rows = await Promise.all(logStreamNames.map(async (name) => groups.findStream(group, name)));
    return new Set(rows.map(({ id }) => id));
  }
  if (logStreamNamePrefix === undefined) return undefined;
  const rows = await store.listStreams(group.row.id, { prefix: logStreamNamePrefix, orderBy: "name", isDescending: false });
  return new Set(rows.map(({ id }) => id));
}

import type { GetLogEventsRequest, GetLogEventsResponse } from "@aws-sdk/client-cloudwatch-logs";
import { positionAfter, positionAt } from "#storage/append-log/position.ts";
import { pageBytes, pageEvents, scanBytes } from "../limits.ts";
import type { LogsOperation } from "../state.ts";
import { readEventToken, writeEventToken } from "../tokens.ts";

/**
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 * Tokens are places between events: a page lies between its backward and its forward token. An empty one hands back the token it got.
 */
export const getLogEvents: LogsOperation<GetLogEventsRequest, GetLogEventsResponse> = async (input, { state, ...scope }) => {
  const group = await state.groups.resolve(scope, input);
  const stream = await state.groups.findStream(group, input.logStreamName);
  const token = input.nextToken === undefined ? undefined : readEventToken(input.nextToken);
  const direction = token?.direction ?? (input.startFromHead === true ? "forward" : "backward");
  const fromMs = Math.max(input.startTime ?? 0, state.groups.oldestMs(group));
  const page = await group.log.read({
    streams: new Set([stream.id]),
    fromMs,
    untilMs: input.endTime ?? Infinity,
    direction,
    cursor: token?.position,
    maximumEvents: input.limit ?? pageEvents,
    maximumBytes: pageBytes,
    maximumScanBytes: scanBytes,
  });
  const events = direction === "forward" ? page.events : page.events.toReversed();
  const here = token?.position ?? positionAt(fromMs);
  const before = events[0]?.position ?? here;
  const after = events.length === 0 ? here : positionAfter(events.at(-1)!.position);
  return {
    events: events.map(({ timestampMs, message, ingestionMs }) => ({ timestamp: timestampMs, message, ingestionTime: ingestionMs })),
    nextForwardToken: writeEventToken({ direction: "forward", position: after }),
    nextBackwardToken: writeEventToken({ direction: "backward", position: before }),
  };
};

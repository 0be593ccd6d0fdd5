import type { PutLogEventsRequest, PutLogEventsResponse } from "@aws-sdk/client-cloudwatch-logs";
import { LogClosed } from "#storage/append-log/log-closed.ts";
import { admitBatch } from "../batch.ts";
import { groupMissing } from "../groups.ts";
import { sequenceToken } from "../sequence-token.ts";
import type { LogsOperation } from "../state.ts";

/**
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 * What a service logs on a function's behalf need not be on disk when we answer; what a client logs must.
 */
export const putLogEvents: LogsOperation<PutLogEventsRequest, PutLogEventsResponse> = async (input, { state, principal, ...scope }) => {
  const { clock, groups, liveTails } = state;
  const group = await groups.find(scope, input.logGroupName);
  const stream = await groups.findStream(group, input.logStreamName);
  const ingestionTime = clock.now();
  const { admitted, extent, rejected } = admitBatch(input.logEvents, ingestionTime, group.row.retention_days);
  if (extent !== undefined) {
    const events = admitted.map(({ timestamp, message }) => ({ timestampMs: timestamp, message }));
    const batch = { stream: stream.id, ingestionMs: ingestionTime, events };
    try {
      await group.log.append(batch, principal.kind === "service" ? "whenAccepted" : "whenOnDisk");
    } catch (error) {
      if (error instanceof LogClosed) throw groupMissing();
      throw error;
    }
    groups.noteEvents(group, stream, extent);
    const groupIdentifier = `${scope.accountId}:${group.row.name}`;
    liveTails.publish({ groupId: group.row.id, groupIdentifier, streamName: stream.name, ingestionTime, events: admitted });
  }
  return { nextSequenceToken: sequenceToken(stream), ...(rejected && { rejectedLogEventsInfo: rejected }) };
};

import type { CreateLogStreamRequest } from "@aws-sdk/client-cloudwatch-logs";
import { RowCountMismatch, UniqueViolation } from "#storage/database.ts";
import { AwsError } from "#wire/errors.ts";
import { groupMissing } from "../groups.ts";
import type { LogsOperation, Nothing } from "../state.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html */
export const createLogStream: LogsOperation<CreateLogStreamRequest, Nothing> = async (input, { state, ...scope }) => {
  const { row } = await state.groups.find(scope, input.logGroupName);
  const stream = {
    id: state.ids.hex(32),
    group_id: row.id,
    name: input.logStreamName,
    created_at_ms: state.clock.now(),
    first_event_ms: null,
    last_event_ms: 0,
    last_ingestion_ms: null,
  };
  try {
    await state.store.createStream(stream);
    state.groups.noteCreated(stream);
  } catch (error) {
    if (error instanceof UniqueViolation) throw new AwsError("ResourceAlreadyExistsException", "The specified log stream already exists");
    if (error instanceof RowCountMismatch) throw groupMissing();
    throw error;
  }
  return {};
};

import type { ListMessageMoveTasksRequest, ListMessageMoveTasksResult, ListMessageMoveTasksResultEntry } from "@aws-sdk/client-sqs";
import { invalidValue, noSuchResource } from "../errors.ts";
import { maxListedMoveTasks } from "../limits.ts";
import { writeTaskHandle } from "../move-tasks.ts";
import type { SqsOperation } from "../state.ts";
import type { MoveTaskRow } from "../store/tables.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html */
export const listMessageMoveTasks: SqsOperation<ListMessageMoveTasksRequest, ListMessageMoveTasksResult> = async (input, { state }) => {
  const { SourceArn, MaxResults: limit = 1 } = input;
  if ((await state.queues.atArn(SourceArn)) === undefined) throw noSuchResource("SourceArn");
  if (limit < 1 || limit > maxListedMoveTasks) throw invalidValue(limit, "MaxResults", `Must be between 1 and ${maxListedMoveTasks}.`);
  return { Results: (await state.store.moveTasks.ofSource(SourceArn, limit)).map(viewTask) };
};

const viewTask = (task: MoveTaskRow): ListMessageMoveTasksResultEntry => ({
  // Only what runs can be cancelled.
  ...(task.status === "RUNNING" && { TaskHandle: writeTaskHandle(task) }),
  Status: task.status,
  SourceArn: task.source_arn,
  ...(task.destination_arn !== null && { DestinationArn: task.destination_arn }),
  ...(task.messages_per_second !== null && { MaxNumberOfMessagesPerSecond: task.messages_per_second }),
  ApproximateNumberOfMessagesMoved: task.moved,
  ApproximateNumberOfMessagesToMove: task.to_move,
  ...(task.failure_reason !== null && { FailureReason: task.failure_reason }),
  StartedTimestamp: task.started_ms,
});

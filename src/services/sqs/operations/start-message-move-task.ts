import type { StartMessageMoveTaskRequest, StartMessageMoveTaskResult } from "@aws-sdk/client-sqs";
import { invalidParameter, invalidValue, noSuchResource } from "../errors.ts";
import { maxMovesPerSecond } from "../limits.ts";
import { writeTaskHandle } from "../move-tasks.ts";
import { deadLetterSources } from "../redrive-checks.ts";
import type { SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html */
export const startMessageMoveTask: SqsOperation<StartMessageMoveTaskRequest, StartMessageMoveTaskResult> = async (input, { state }) => {
  const { SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: perSecond } = input;
  const source = await state.queues.atArn(SourceArn);
  if (source === undefined) throw noSuchResource("SourceArn");
  if ((await deadLetterSources(state, source.queue)).length === 0) {
    throw invalidParameter("Source queue must be configured as a Dead Letter Queue.");
  }
  if (DestinationArn !== undefined) {
    const destination = await state.queues.atArn(DestinationArn);
    if (destination === undefined) throw noSuchResource("DestinationArn");
    if (destination === source) throw invalidParameter("Source queue arn and destination queue arn cannot be the same.");
    if (destination.queue.settings.isFifo !== source.queue.settings.isFifo) {
      throw invalidParameter("Source and destination queue must be of the same type.");
    }
  }
  if (perSecond !== undefined && (perSecond < 1 || perSecond > maxMovesPerSecond)) {
    throw invalidValue(perSecond, "MaxNumberOfMessagesPerSecond", `Must be between 1 and ${maxMovesPerSecond}.`);
  }
  return { TaskHandle: writeTaskHandle(await state.moveTasks.start(source, DestinationArn, perSecond)) };
};

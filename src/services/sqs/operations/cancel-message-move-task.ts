import type { CancelMessageMoveTaskRequest, CancelMessageMoveTaskResult } from "@aws-sdk/client-sqs";
import { noSuchResource } from "../errors.ts";
import { readTaskHandle } from "../move-tasks.ts";
import type { SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CancelMessageMoveTask.html */
export const cancelMessageMoveTask: SqsOperation<CancelMessageMoveTaskRequest, CancelMessageMoveTaskResult> = async (
  { TaskHandle },
  { state },
) => {
  const { taskId, sourceArn } = readTaskHandle(TaskHandle);
  if ((await state.queues.atArn(sourceArn)) === undefined) throw noSuchResource("SourceArn");
  return { ApproximateNumberOfMessagesMoved: await state.moveTasks.cancel(taskId) };
};

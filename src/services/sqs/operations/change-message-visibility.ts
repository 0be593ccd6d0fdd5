import type { ChangeMessageVisibilityRequest } from "@aws-sdk/client-sqs";
import { hideable } from "../receipts.ts";
import { hide } from "../receiving.ts";
import type { Nothing, SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html */
export const changeMessageVisibility: SqsOperation<ChangeMessageVisibilityRequest, Nothing> = async (input, { state, region }) => {
  const { QueueUrl, ReceiptHandle, VisibilityTimeout: seconds } = input;
  const live = await state.queues.atUrl(QueueUrl, region);
  const nowMs = state.clock.now();
  await hide(state, live, [hideable(live, ReceiptHandle, seconds, nowMs)], nowMs + seconds * 1_000);
  return {};
};

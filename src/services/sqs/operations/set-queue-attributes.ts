import type { SetQueueAttributesRequest } from "@aws-sdk/client-sqs";
import { invalidAttributeValue } from "../errors.ts";
import { changeAttributes } from "../queue-attributes.ts";
import { checkRedrive } from "../redrive-checks.ts";
import type { Nothing, SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
export const setQueueAttributes: SqsOperation<SetQueueAttributesRequest, Nothing> = async ({ QueueUrl, Attributes }, { state, region }) => {
  const live = await state.queues.atUrl(QueueUrl, region);
  const { isFifo } = live.queue.settings;
  const change = Attributes as Record<string, string>;
  if (isFifo && change["FifoQueue"] !== undefined && change["FifoQueue"].toLowerCase() !== "true") {
    throw invalidAttributeValue("FifoQueue", "Modifying queue type is not supported.");
  }
  await state.queues.changeAttributes(live, async ({ address, attributes }) => {
    const after = changeAttributes(attributes, change, isFifo);
    if (change["RedrivePolicy"] !== undefined) await checkRedrive(state, address, after);
    return after;
  });
  return {};
};

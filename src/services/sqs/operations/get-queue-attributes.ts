import type { GetQueueAttributesRequest, GetQueueAttributesResult } from "@aws-sdk/client-sqs";
import { checkAttributeNames, viewQueue, wantsCounts } from "../queue-view.ts";
import type { SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */
export const getQueueAttributes: SqsOperation<GetQueueAttributesRequest, GetQueueAttributesResult> = async (input, { state, region }) => {
  const live = await state.queues.atUrl(input.QueueUrl, region);
  const names: readonly string[] = input.AttributeNames ?? [];
  checkAttributeNames(names);
  const counts = wantsCounts(names) ? await live.counts() : undefined;
  const attributes = viewQueue(live.queue, counts, names);
  return Object.keys(attributes).length === 0 ? {} : { Attributes: attributes };
};

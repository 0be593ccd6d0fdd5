import type { ListDeadLetterSourceQueuesRequest, ListDeadLetterSourceQueuesResult } from "@aws-sdk/client-sqs";
import { nextToken, readPage } from "../paging.ts";
import { queueUrl } from "../queue-address.ts";
import { deadLetterSources } from "../redrive-checks.ts";
import type { SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html */
export const listDeadLetterSourceQueues: SqsOperation<ListDeadLetterSourceQueuesRequest, ListDeadLetterSourceQueuesResult> = async (
  input,
  { state, region, endpoint },
) => {
  const { queue } = await state.queues.atUrl(input.QueueUrl, region);
  const { after, limit } = readPage(input);
  const names = (await deadLetterSources(state, queue)).filter((name) => name > after);
  return {
    queueUrls: names.slice(0, limit).map((name) => queueUrl(endpoint, { ...queue.address, name })),
    ...nextToken(input, names, limit),
  };
};

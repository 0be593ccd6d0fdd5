import type { ListQueuesRequest, ListQueuesResult } from "@aws-sdk/client-sqs";
import { nextToken, readPage } from "../paging.ts";
import { queueUrl } from "../queue-address.ts";
import type { SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html */
export const listQueues: SqsOperation<ListQueuesRequest, ListQueuesResult> = async (input, { state, accountId, region, endpoint }) => {
  const { after, limit } = readPage(input);
  const names = await state.store.queues.list({ accountId, region }, input.QueueNamePrefix ?? "", after, limit + 1);
  const shown = names.slice(0, limit);
  return {
    ...(shown.length > 0 && { QueueUrls: shown.map((name) => queueUrl(endpoint, { accountId, region, name })) }),
    ...nextToken(input, names, limit),
  };
};

import type { GetQueueUrlRequest, GetQueueUrlResult } from "@aws-sdk/client-sqs";
import { queueUrl } from "../queue-address.ts";
import type { SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html */
export const getQueueUrl: SqsOperation<GetQueueUrlRequest, GetQueueUrlResult> = async (input, { state, accountId, region, endpoint }) => {
  const address = { accountId: input.QueueOwnerAWSAccountId ?? accountId, region, name: input.QueueName };
  await state.queues.open(address);
  return { QueueUrl: queueUrl(endpoint, address) };
};

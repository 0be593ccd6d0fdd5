import type { CreateQueueRequest, CreateQueueResult } from "@aws-sdk/client-sqs";
import { AwsError } from "#wire/errors.ts";
import { unknownAttribute } from "../errors.ts";
import { checkName, queueUrl } from "../queue-address.ts";
import { changeAttributes, firstDifference } from "../queue-attributes.ts";
import { shownAttributes } from "../queue-view.ts";
import { checkRedrive } from "../redrive-checks.ts";
import type { SqsOperation } from "../state.ts";
import { checkTags } from "../tags.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
export const createQueue: SqsOperation<CreateQueueRequest, CreateQueueResult> = async (input, { state, accountId, region, endpoint }) => {
  const { QueueName: name, Attributes = {}, tags = {} } = input;
  const { FifoQueue: fifo } = Attributes as Record<string, string>;
  // Recorded by localstack: a queue of the other type has no such attribute, and says so.
  if (fifo?.toLowerCase() === "false") throw unknownAttribute("FifoQueue");
  const isFifo = fifo !== undefined;
  const attributes = changeAttributes({}, Attributes, isFifo);
  checkName(name, isFifo);
  checkTags(name, tags);
  const address = { accountId, region, name };
  await checkRedrive(state, address, attributes);
  const live = (await state.queues.find(address)) ?? (await state.queues.create(address, attributes, tags));
  const different = firstDifference(shownAttributes(live.queue), attributes);
  if (different !== undefined) {
    throw new AwsError("QueueNameExists", `A queue already exists with the same name and a different value for attribute ${different}`);
  }
  return { QueueUrl: queueUrl(endpoint, address) };
};

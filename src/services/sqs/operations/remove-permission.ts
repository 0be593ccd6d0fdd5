import type { RemovePermissionRequest } from "@aws-sdk/client-sqs";
import { removePermission as removeStatement } from "../permissions.ts";
import type { Nothing, SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_RemovePermission.html */
export const removePermission: SqsOperation<RemovePermissionRequest, Nothing> = async ({ QueueUrl, Label }, { state, region }) => {
  const live = await state.queues.atUrl(QueueUrl, region);
  await state.queues.changeAttributes(live, ({ attributes: { Policy: before, ...others } }) => {
    const after = removeStatement(before, Label);
    return after === undefined ? others : { ...others, Policy: after };
  });
  return {};
};

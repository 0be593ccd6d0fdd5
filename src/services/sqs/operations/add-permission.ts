import type { AddPermissionRequest } from "@aws-sdk/client-sqs";
import { addPermission as addStatement } from "../permissions.ts";
import type { Nothing, SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html */
export const addPermission: SqsOperation<AddPermissionRequest, Nothing> = async (input, { state, region }) => {
  const live = await state.queues.atUrl(input.QueueUrl, region);
  const permission = { label: input.Label, accountIds: input.AWSAccountIds, actions: input.Actions };
  await state.queues.changeAttributes(live, ({ arn, attributes }) => ({
    ...attributes,
    Policy: addStatement(attributes["Policy"], arn, permission),
  }));
  return {};
};

import type { AddPermissionInput } from "@aws-sdk/client-sns";
import { withPermission } from "../../topic-policy.ts";
import { changeTopic } from "../../topics.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html */
export const addPermission: SnsOperation<AddPermissionInput, void> = (input, context) =>
  changeTopic(context, input.TopicArn, (topic) => ({
    attributes: { ...topic.attributes, Policy: withPermission(topic, input.Label, input.AWSAccountId, input.ActionName) },
  }));

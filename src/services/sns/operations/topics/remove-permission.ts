import type { RemovePermissionInput } from "@aws-sdk/client-sns";
import { withoutPermission } from "../../topic-policy.ts";
import { changeTopic } from "../../topics.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_RemovePermission.html */
export const removePermission: SnsOperation<RemovePermissionInput, void> = (input, context) =>
  changeTopic(context, input.TopicArn, (topic) => ({ attributes: { ...topic.attributes, Policy: withoutPermission(topic, input.Label) } }));

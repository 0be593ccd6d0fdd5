import type { ConfirmSubscriptionInput, ConfirmSubscriptionResponse } from "@aws-sdk/client-sns";
import { checkTopicArn } from "../../arns.ts";
import { confirm } from "../../subscribing.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html */
export const confirmSubscription: SnsOperation<ConfirmSubscriptionInput, ConfirmSubscriptionResponse> = async (input, context) => {
  const topicArn = checkTopicArn(input.TopicArn, context);
  const { arn } = await confirm(context.state, topicArn, input.Token, input.AuthenticateOnUnsubscribe === "true");
  return { SubscriptionArn: arn };
};

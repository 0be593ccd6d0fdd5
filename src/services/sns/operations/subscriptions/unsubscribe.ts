import type { UnsubscribeInput } from "@aws-sdk/client-sns";
import { checkSubscriptionArn } from "../../arns.ts";
import { unsubscribe as endSubscription } from "../../subscribing.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html */
export const unsubscribe: SnsOperation<UnsubscribeInput, void> = (input, context) =>
  endSubscription(context.state, checkSubscriptionArn(input.SubscriptionArn, context), true);

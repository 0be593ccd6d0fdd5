import type { GetSubscriptionAttributesInput, GetSubscriptionAttributesResponse } from "@aws-sdk/client-sns";
import { shownAttributes } from "../../subscription.ts";
import { requireSubscription } from "../../subscriptions.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html */
export const getSubscriptionAttributes: SnsOperation<GetSubscriptionAttributesInput, GetSubscriptionAttributesResponse> = async (
  input,
  context,
) => ({
  Attributes: shownAttributes(await requireSubscription(context, input.SubscriptionArn)),
});

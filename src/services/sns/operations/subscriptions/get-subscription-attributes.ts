import type { GetSubscriptionAttributesInput, GetSubscriptionAttributesResponse } from "@aws-sdk/client-sns";
import { isHttp, shownAttributes, type Subscription } from "../../subscription.ts";
import { effectiveSubscriptionPolicy } from "../../delivery-policy.ts";
import { requireSubscription } from "../../subscriptions.ts";
import type { SnsOperation, SnsState } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html */
export const getSubscriptionAttributes: SnsOperation<GetSubscriptionAttributesInput, GetSubscriptionAttributesResponse> = async (
  input,
  context,
) => {
  const subscription = await requireSubscription(context, input.SubscriptionArn);
  const { replay } = subscription;
  // It has read all it wants, but a part may be on its way.
  const isUnderWay =
    replay?.status === "Completed" && (await context.state.deliveries.waits(subscription.arn, { sequence: replay.position }));
  return {
    Attributes: {
      ...shownAttributes(subscription),
      ...(isHttp(subscription) && { EffectiveDeliveryPolicy: JSON.stringify(await effectivePolicyOf(context.state, subscription)) }),
      ...(replay !== undefined && { ReplayStatus: isUnderWay ? "In progress" : replay.status }),
    },
  };
};

async function effectivePolicyOf({ topics }: SnsState, { topicArn, attributes }: Subscription): Promise<object> {
  const topic = await topics.find(topicArn);
  return effectiveSubscriptionPolicy(topic?.attributes.DeliveryPolicy, attributes.DeliveryPolicy);
}

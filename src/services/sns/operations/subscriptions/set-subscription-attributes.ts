import type { SetSubscriptionAttributesInput } from "@aws-sdk/client-sns";
import { noSuchTopic } from "../../errors.ts";
import { replayChange } from "../../replaying.ts";
import { withAttributes } from "../../subscription.ts";
import { requireSubscription } from "../../subscriptions.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html */
export const setSubscriptionAttributes: SnsOperation<SetSubscriptionAttributesInput, void> = (input, context) => {
  const { state } = context;
  return state.changes.run(async () => {
    const subscription = await requireSubscription(context, input.SubscriptionArn);
    const topic = await state.topics.find(subscription.topicArn);
    if (topic === undefined) throw noSuchTopic();
    const change = { [input.AttributeName]: input.AttributeValue ?? "" };
    const { protocol, endpoint } = subscription;
    const attributes = withAttributes(subscription.attributes, change, { topic, protocol, endpoint });
    const changed = { ...subscription, attributes };
    await state.subscriptions.save(changed, input.AttributeName === "ReplayPolicy" ? await replayChange(state, changed) : []);
    state.replayBell.ring();
  });
};

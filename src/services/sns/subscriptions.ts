import type { Subscription as ListedSubscription } from "@aws-sdk/client-sns";
import { checkSubscriptionArn } from "./arns.ts";
import { noSuchSubscription } from "./errors.ts";
import type { SnsContext } from "./state.ts";
import type { Subscription } from "./subscription.ts";

/** Throws AWS's errors for what is no ARN, or none of a subscription that is there. */
export async function requireSubscription(context: SnsContext, arn: string): Promise<Subscription> {
  const subscription = await context.state.subscriptions.find(checkSubscriptionArn(arn, context));
  if (subscription?.accountId !== context.accountId) throw noSuchSubscription();
  return subscription;
}

/** As lists show them: one that waits for its confirmation has no ARN to show. */
export const toListed = ({ arn, accountId, protocol, endpoint, topicArn, status }: Subscription): ListedSubscription => ({
  SubscriptionArn: status === "pending" ? "PendingConfirmation" : arn,
  Owner: accountId,
  Protocol: protocol,
  Endpoint: endpoint,
  TopicArn: topicArn,
});

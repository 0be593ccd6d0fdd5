/** Addresses that stand in messages; what is behind them is in doors/. */

export const linkPath = "/_pilotlight/sns/subscription";
export const certificatePath = "/_pilotlight/sns/";
export const outboxPath = "/_pilotlight/sns/outbox";

// DIVERGES: AWS's links lead to the root of its host; ours has a path, because the root serves every service.
export const links = {
  confirm: (endpoint: string, topicArn: string, token: string): string =>
    `${endpoint}${linkPath}?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`,
  unsubscribe: (endpoint: string, subscriptionArn: string): string =>
    `${endpoint}${linkPath}?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
};

import { invalidParameter } from "./errors.ts";
import { checkFilterPolicy, type FilterScope } from "./filter-policy.ts";
import { readDeliveryPolicy } from "./delivery-policy.ts";
import { endpointArn } from "./arns.ts";
import { type Replay, readReplayPolicy } from "./replay-policy.ts";
import { isFifo, type Topic } from "./topic.ts";
import { AwsError } from "#wire/errors.ts";

export type Protocol = "application" | "email" | "email-json" | "firehose" | "http" | "https" | "lambda" | "sms" | "sqs";

export interface Subscription {
  arn: string;
  topicArn: string;
  accountId: string;
  region: string;
  protocol: Protocol;
  endpoint: string;
  status: "pending" | "confirmed" | "deleted";
  /** What was set, by AWS's names. */
  attributes: Readonly<Record<string, string>>;
  /** Proves that the endpoint wants it; undefined where nobody has to prove that. */
  token: string | undefined;
  /** When it came to its status. */
  changedMs: number;
  /** Confirmed by somebody who signed his request: only who signs may end it then. */
  isAuthenticated: boolean;
  /** ARN of who subscribed. */
  principalArn: string;
  /** Whether its endpoint may have an address that is not public: not if a function subscribed it, which reaches none of those itself. */
  mayBePrivate: boolean;
  /** Of a subscription with a ReplayPolicy. */
  replay: Replay | undefined;
}

/** Whether new messages go to it as they come: not while it is fed from an archive, nor after a replay that had an end. */
export function isLive({ replay, attributes }: Pick<Subscription, "replay" | "attributes">): boolean {
  if (replay === undefined || replay.status === "Failed") return true;
  return replay.status === "Completed" && readReplayPolicy(attributes.ReplayPolicy ?? "{}")?.endMs === undefined;
}

export const isHttp = ({ protocol }: Pick<Subscription, "protocol">): boolean => protocol === "http" || protocol === "https";

export const isRaw = ({ attributes }: Pick<Subscription, "attributes">): boolean => attributes.RawMessageDelivery === "true";
export const filterScopeOf = (attributes: Subscription["attributes"]): FilterScope =>
  (attributes.FilterPolicyScope as FilterScope | undefined) ?? "MessageAttributes";

/** Who of AWS's own is subscribed needs not be asked whether it wants to be. */
export const needsConfirmation = (protocol: Protocol): boolean => ["http", "https", "email", "email-json"].includes(protocol);

/** https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html. Throws InvalidParameter. */
export function checkEndpoint(protocol: string, endpoint: string | undefined, topic: Topic): asserts protocol is Protocol {
  const test = endpointChecks[protocol as Protocol];
  if (!Object.hasOwn(endpointChecks, protocol) || test === undefined)
    throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`);
  if (endpoint === undefined || endpoint === "") throw invalidParameter("Endpoint");
  test(endpoint);
  if (protocol === "sqs" && endpoint.endsWith(".fifo") && !isFifo(topic))
    throw invalidParameter("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
  if (protocol !== "sqs" && isFifo(topic))
    throw invalidParameter("Invalid parameter: Protocol Reason: Please use SQS endpoint for FIFO topics");
}

const url =
  (scheme: string) =>
  (endpoint: string): void => {
    if (!endpoint.startsWith(`${scheme}://`)) throw invalidParameter("Endpoint must match the specified protocol");
    if (!URL.canParse(endpoint)) throw invalidParameter("Endpoint");
  };

const email = (endpoint: string): void => {
  if (!/^[^\s@]+@[^\s@]+$/.test(endpoint)) throw invalidParameter("Email address");
};

const arn =
  (service: string, refusal: string) =>
  (endpoint: string): void => {
    if (endpointArn(endpoint, service) === undefined) throw invalidParameter(refusal);
  };

const endpointChecks: Readonly<Record<Protocol, (endpoint: string) => void>> = {
  application: arn("sns", "Application endpoint arn"),
  email,
  "email-json": email,
  firehose: arn("firehose", "Firehose endpoint arn"),
  http: url("http"),
  https: url("https"),
  lambda: arn("lambda", "Lambda endpoint ARN"),
  sms: (endpoint) => {
    if (!isPhoneNumber(endpoint)) throw new AwsError("InvalidParameterException", `Invalid SMS endpoint: ${endpoint}`);
  },
  sqs: arn("sqs", "SQS endpoint ARN"),
};

/** E.164, as https://docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html wants it; what stands between digits is dropped. */
export const isPhoneNumber = (text: string): boolean => /^\+?[0-9]{3,15}$/.test(text.replaceAll(/[\s().-]/g, ""));

/** https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html */
const maybeRaw: readonly Protocol[] = ["sqs", "http", "https", "firehose"];

const settable = [
  "DeliveryPolicy",
  "FilterPolicy",
  "FilterPolicyScope",
  "RawMessageDelivery",
  "RedrivePolicy",
  "ReplayPolicy",
  "SubscriptionRoleArn",
];

/**
 * Attributes with some set anew; an empty text takes one away. `front` is what refusals begin with.
 * https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
 */
export function withAttributes(
  old: Subscription["attributes"],
  changes: Readonly<Record<string, string>>,
  { topic, protocol, endpoint, front = "" }: { topic: Topic; protocol: Protocol; endpoint: string; front?: string },
): Record<string, string> {
  for (const name of Object.keys(changes)) {
    if (!settable.includes(name)) throw invalidParameter(front === "" ? "AttributeName" : `${front}Unknown attribute ${name}`);
  }
  const merged = Object.fromEntries(
    Object.entries({ ...old, ...changes }).filter(([name, value]) => value !== "" || name === "RawMessageDelivery"),
  );
  const { DeliveryPolicy, FilterPolicy, FilterPolicyScope, RawMessageDelivery, RedrivePolicy, ReplayPolicy } = merged;
  if (RawMessageDelivery !== undefined && !/^(?:true|false)$/i.test(RawMessageDelivery))
    throw invalidParameter(`${front}RawMessageDelivery: Invalid value [${RawMessageDelivery}]. Must be true or false.`);
  if (RawMessageDelivery !== undefined) merged.RawMessageDelivery = RawMessageDelivery.toLowerCase();
  // Not even `false`: as reported in https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/399.
  if (changes.RawMessageDelivery !== undefined && !maybeRaw.includes(protocol))
    throw invalidParameter(`${front}Delivery protocol [${protocol}] does not support raw message delivery.`);
  if (FilterPolicyScope !== undefined && !["MessageAttributes", "MessageBody"].includes(FilterPolicyScope)) {
    throw invalidParameter(
      `${front}FilterPolicyScope: Invalid value [${FilterPolicyScope}]. Please use either MessageBody or MessageAttributes`,
    );
  }
  if (FilterPolicy !== undefined) checkFilterPolicy(FilterPolicy, filterScopeOf(merged), front);
  if (DeliveryPolicy !== undefined) readDeliveryPolicy(DeliveryPolicy, `${front}DeliveryPolicy`);
  if (RedrivePolicy !== undefined) checkRedrivePolicy(RedrivePolicy, topic, endpoint, front);
  if (changes.ReplayPolicy === undefined || ReplayPolicy === undefined) return merged;
  if (readReplayPolicy(ReplayPolicy, front) === undefined) delete merged.ReplayPolicy;
  // The rule is documented, the words are ours: https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-subscriber.html
  else if (topic.archivedSinceMs === undefined) throw invalidParameter(`${front}ReplayPolicy: the topic has no active ArchivePolicy`);
  return merged;
}

function checkRedrivePolicy(text: string, topic: Topic, endpoint: string, front: string): void {
  const queue = endpointArn(deadLetterArn(text, front) ?? "", "sqs");
  if (queue === undefined) throw invalidParameter(`${front}RedrivePolicy: deadLetterTargetArn is an invalid arn`);
  if (isFifo(topic) && endpoint.endsWith(".fifo") && !queue.resource.endsWith(".fifo"))
    throw invalidParameter(`${front}RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.`);
  if (!isFifo(topic) && queue.resource.endsWith(".fifo"))
    throw invalidParameter(`${front}RedrivePolicy: must use a standard queue as DLQ for a standard topic.`);
}

/** The queue that a RedrivePolicy names. Throws InvalidParameter for what is no JSON. */
export function deadLetterArn(text: string, front = ""): string | undefined {
  try {
    const target = (JSON.parse(text) as { deadLetterTargetArn?: unknown } | null)?.deadLetterTargetArn;
    return typeof target === "string" ? target : undefined;
  } catch {
    throw invalidParameter(`${front}RedrivePolicy: failed to parse JSON.`);
  }
}

/** As GetSubscriptionAttributes shows them. */
export function shownAttributes(subscription: Subscription): Record<string, string> {
  const { FilterPolicyScope: _, ...attributes } = subscription.attributes;
  return {
    ConfirmationWasAuthenticated: String(subscription.isAuthenticated),
    Endpoint: subscription.endpoint,
    Owner: subscription.accountId,
    PendingConfirmation: String(subscription.status === "pending"),
    Protocol: subscription.protocol,
    RawMessageDelivery: "false",
    ...attributes,
    ...(attributes.FilterPolicy !== undefined && { FilterPolicyScope: filterScopeOf(subscription.attributes) }),
    SubscriptionArn: subscription.arn,
    SubscriptionPrincipal: subscription.principalArn,
    TopicArn: subscription.topicArn,
  };
}

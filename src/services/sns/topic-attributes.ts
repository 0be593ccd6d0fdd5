/** What topics can be told, and what they tell: https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html */
import { beginningOfArchive, readArchivePolicy } from "./archive-policy.ts";
import { effectiveTopicPolicy, readDeliveryPolicy } from "./delivery-policy.ts";
import { invalidParameter } from "./errors.ts";
import { defaultPolicy, readPolicy } from "./topic-policy.ts";
import { isFifo, type Topic } from "./topic.ts";

type Test = (value: string, fifo: boolean) => void;

const oneOf =
  (name: string, values: readonly string[]): Test =>
  (value) => {
    if (!values.includes(value)) throw invalidParameter(`${name}: Invalid value [${value}]. Must be ${values.join(" or ")}.`);
  };

const onFifo =
  (test: Test): Test =>
  (value, fifo) => {
    if (!fifo) throw new NotForThisTopic();
    test(value, fifo);
  };

class NotForThisTopic extends Error {}

const anything: Test = () => {};

const feedback = ["Application", "Firehose", "HTTP", "Lambda", "SQS"].flatMap((protocol): Array<[string, Test]> => [
  [`${protocol}SuccessFeedbackRoleArn`, anything],
  [
    `${protocol}SuccessFeedbackSampleRate`,
    (value) => {
      if (!/^\d{1,3}$/.test(value) || Number(value) > 100) throw invalidParameter(`${protocol}SuccessFeedbackSampleRate`);
    },
  ],
  [`${protocol}FailureFeedbackRoleArn`, anything],
]);

const checks: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["DisplayName", (value) => void (value.length > 100 && fail("DisplayName"))],
  ["Policy", (value) => void readPolicy(value)],
  ["DeliveryPolicy", (value) => void (value !== "" && readDeliveryPolicy(value, "DeliveryPolicy"))],
  ["KmsMasterKeyId", anything],
  ["SignatureVersion", oneOf("SignatureVersion", ["1", "2"])],
  ["TracingConfig", oneOf("TracingConfig", ["Active", "PassThrough"])],
  ["ContentBasedDeduplication", onFifo(oneOf("ContentBasedDeduplication", ["true", "false"]))],
  ["FifoThroughputScope", onFifo(oneOf("FifoThroughputScope", ["Topic", "MessageGroup"]))],
  ["ArchivePolicy", onFifo((value) => void readArchivePolicy(value))],
  ...feedback,
]);

const fail = (reason: string): never => {
  throw invalidParameter(reason);
};

/** The empty archive policy is as none. */
const isUnset = (name: string, value: string): boolean =>
  value === "" || (name === "ArchivePolicy" && readArchivePolicy(value) === undefined);

/** Attributes of CreateTopic. Throws InvalidParameter. */
export function checkNewAttributes(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const fifo = attributes.FifoTopic === "true";
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "FifoTopic") oneOf(name, ["true", "false"])(value, fifo);
    else check(name, value, fifo, () => invalidParameter(`Attributes Reason: Unknown attribute ${name}`));
    if (name === "FifoTopic" ? fifo : name !== "ArchivePolicy" || !isUnset(name, value)) kept[name] = value;
  }
  return kept;
}

/** The topic's attributes with one of them set anew. */
export function withAttribute(topic: Topic, name: string, value: string): Record<string, string> {
  check(name, value, isFifo(topic), () => invalidParameter("AttributeName"));
  const { [name]: _old, ...others } = topic.attributes;
  return isUnset(name, value) ? others : { ...others, [name]: value };
}

function check(name: string, value: string, fifo: boolean, unknown: () => Error): void {
  const test = checks.get(name);
  if (test === undefined) throw unknown();
  try {
    test(value, fifo);
  } catch (error) {
    throw error instanceof NotForThisTopic ? unknown() : error;
  }
}

/** As GetTopicAttributes shows them. */
export function shownAttributes(
  topic: Topic,
  counts: { confirmed: number; pending: number; deleted: number },
  nowMs: number,
): Record<string, string> {
  const beginningMs = beginningOfArchive(topic, nowMs);
  return {
    ...(isFifo(topic) && { ContentBasedDeduplication: "false" }),
    DisplayName: "",
    ...topic.attributes,
    ...(beginningMs !== undefined && { BeginningArchiveTime: new Date(beginningMs).toISOString() }),
    Policy: topic.attributes.Policy ?? JSON.stringify(defaultPolicy(topic)),
    EffectiveDeliveryPolicy: JSON.stringify(effectiveTopicPolicy(topic.attributes.DeliveryPolicy)),
    Owner: topic.accountId,
    SubscriptionsConfirmed: String(counts.confirmed),
    SubscriptionsDeleted: String(counts.deleted),
    SubscriptionsPending: String(counts.pending),
    TopicArn: topic.arn,
  };
}

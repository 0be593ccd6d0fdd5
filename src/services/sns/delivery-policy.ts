/**
 * How often and when a failed delivery is tried again. HTTP endpoints have a policy, of the topic or of their own; those that AWS runs
 * itself have a fixed one. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
import { invalidParameter } from "./errors.ts";
import { httpPolicyBounds, ownEndpointRetries } from "./limits.ts";

export interface RetryPolicy {
  minDelayTarget: number;
  maxDelayTarget: number;
  numRetries: number;
  numMaxDelayRetries: number;
  numNoDelayRetries: number;
  numMinDelayRetries: number;
  backoffFunction: string;
}

const defaultRetryPolicy: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: "linear",
};
const defaultContentType = "text/plain; charset=UTF-8";

interface ThrottlePolicy {
  maxReceivesPerSecond?: number | null;
}

interface TopicDeliveryPolicy {
  http?: {
    defaultHealthyRetryPolicy?: Partial<RetryPolicy>;
    disableSubscriptionOverrides?: boolean;
    defaultThrottlePolicy?: ThrottlePolicy | null;
    defaultRequestPolicy?: { headerContentType?: string };
  };
}

interface SubscriptionDeliveryPolicy {
  healthyRetryPolicy?: Partial<RetryPolicy>;
  throttlePolicy?: ThrottlePolicy | null;
  requestPolicy?: { headerContentType?: string };
}

/** How far between its bounds each function has a retry, from 0 to 1, for the part `x` of the way. */
const curves: Readonly<Record<string, (x: number) => number>> = {
  linear: (x) => x,
  arithmetic: (x) => (x * (x + 1)) / 2,
  geometric: (x) => x ** 2,
  exponential: (x) => (2 ** (10 * x) - 1) / 1_023,
};

/** Throws InvalidParameter, with `member` at its front. */
export function readDeliveryPolicy(text: string, member: string): TopicDeliveryPolicy & SubscriptionDeliveryPolicy {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidParameter(`${member}: failed to parse JSON.`);
  }
  if (!isObject(policy)) throw invalidParameter(`${member}: must be a JSON object`);
  checkShape(policy, member);
  const read = policy as TopicDeliveryPolicy & SubscriptionDeliveryPolicy;
  checkRetryPolicy(read.http?.defaultHealthyRetryPolicy ?? read.healthyRetryPolicy, member);
  return read;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const isContentType = (value: unknown): boolean => typeof value === "string" && /^[\x20-\x7e]+$/.test(value);

/** What is kept is read again at each delivery, so that it has to be what the types say. */
function checkShape(policy: Record<string, unknown>, member: string): void {
  const { http = {}, healthyRetryPolicy = {}, throttlePolicy = {}, requestPolicy = {} } = policy;
  const objects = { http, healthyRetryPolicy, throttlePolicy, requestPolicy };
  if (isObject(http)) {
    const { defaultHealthyRetryPolicy = {}, defaultThrottlePolicy = {}, defaultRequestPolicy = {} } = http;
    Object.assign(objects, {
      "http.defaultThrottlePolicy": defaultThrottlePolicy,
      "http.defaultHealthyRetryPolicy": defaultHealthyRetryPolicy,
      "http.defaultRequestPolicy": defaultRequestPolicy,
    });
  }
  for (const [name, value] of Object.entries<unknown>(objects)) {
    if (value === null && name !== "http") continue;
    if (!isObject(value)) throw invalidParameter(`${member}: ${name} must be a JSON object`);
    const { headerContentType, maxReceivesPerSecond = null } = value;
    if (headerContentType !== undefined && !isContentType(headerContentType))
      throw invalidParameter(`${member}: ${name}.headerContentType is invalid`);
    if (maxReceivesPerSecond !== null && !(Number.isInteger(maxReceivesPerSecond) && (maxReceivesPerSecond as number) >= 1))
      throw invalidParameter(`${member}: ${name}.maxReceivesPerSecond must be a whole number of at least 1`);
  }
}

function checkRetryPolicy(policy: Partial<RetryPolicy> | undefined, member: string): void {
  if (policy === undefined || policy === null) return;
  const path = `${member}: http.defaultHealthyRetryPolicy`;
  for (const [name, value] of Object.entries(policy)) {
    if (name === "backoffFunction") {
      if (!Object.hasOwn(curves, String(value)))
        throw invalidParameter(`${path}.backoffFunction must be one of ${Object.keys(curves).join(", ")}`);
      continue;
    }
    if (!Object.hasOwn(defaultRetryPolicy, name)) throw invalidParameter(`${path} has an unknown member ${name}`);
    if (value === null) continue;
    const bound = name.endsWith("Target") ? httpPolicyBounds.delaySeconds : httpPolicyBounds.retries;
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > bound)
      throw invalidParameter(`${path}.${name} must be a whole number from 0 to ${bound}`);
  }
  const { minDelayTarget, maxDelayTarget, numRetries, ...counts } = { ...defaultRetryPolicy, ...policy };
  if (minDelayTarget > maxDelayTarget) throw invalidParameter(`${path}.maxDelayTarget must not be less than minDelayTarget`);
  if (counts.numNoDelayRetries + counts.numMinDelayRetries + counts.numMaxDelayRetries > numRetries)
    throw invalidParameter(`${path}.numRetries must be at least the sum of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries`);
}

const withoutNulls = <T extends object>(members: T | null | undefined): Partial<T> =>
  Object.fromEntries(Object.entries(members ?? {}).filter(([, value]) => value !== null)) as Partial<T>;

/** As `EffectiveDeliveryPolicy` of a topic shows it. */
export function effectiveTopicPolicy(text: string | undefined) {
  const { http = {} } = text === undefined ? {} : readDeliveryPolicy(text, "DeliveryPolicy");
  return {
    http: {
      defaultHealthyRetryPolicy: { ...defaultRetryPolicy, ...withoutNulls(http.defaultHealthyRetryPolicy) },
      disableSubscriptionOverrides: http.disableSubscriptionOverrides ?? false,
      ...(http.defaultThrottlePolicy && { defaultThrottlePolicy: http.defaultThrottlePolicy }),
      defaultRequestPolicy: { headerContentType: http.defaultRequestPolicy?.headerContentType ?? defaultContentType },
    },
  };
}

export interface HttpDeliveryPolicy {
  retries: RetryPolicy;
  contentType: string;
  /** Requests within a second; undefined: any number. */
  perSecond: number | undefined;
}

/** What holds for one HTTP subscription: its own policy over its topic's, unless that forbids it. */
export function effectiveHttpPolicy(topicText: string | undefined, subscriptionText: string | undefined): HttpDeliveryPolicy {
  const { http } = effectiveTopicPolicy(topicText);
  const own: SubscriptionDeliveryPolicy =
    subscriptionText === undefined || http.disableSubscriptionOverrides ? {} : readDeliveryPolicy(subscriptionText, "DeliveryPolicy");
  return {
    retries: own.healthyRetryPolicy ? { ...defaultRetryPolicy, ...withoutNulls(own.healthyRetryPolicy) } : http.defaultHealthyRetryPolicy,
    contentType: own.requestPolicy?.headerContentType ?? http.defaultRequestPolicy.headerContentType,
    perSecond: (own.throttlePolicy ?? http.defaultThrottlePolicy)?.maxReceivesPerSecond ?? undefined,
  };
}

/** As `EffectiveDeliveryPolicy` of an HTTP subscription shows it. */
export function effectiveSubscriptionPolicy(topicText: string | undefined, subscriptionText: string | undefined) {
  const { retries, contentType, perSecond } = effectiveHttpPolicy(topicText, subscriptionText);
  return {
    healthyRetryPolicy: retries,
    sicklyRetryPolicy: null,
    throttlePolicy: perSecond === undefined ? null : { maxReceivesPerSecond: perSecond },
    requestPolicy: { headerContentType: contentType },
    guaranteed: false,
  };
}

/** How long to wait before retry `retry` (0 for the first), in milliseconds; undefined when there is none any more. */
export function httpRetryDelayMs(policy: RetryPolicy, retry: number): number | undefined {
  const { minDelayTarget, maxDelayTarget, numRetries, numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries } = policy;
  if (retry >= numRetries) return undefined;
  if (retry < numNoDelayRetries) return 0;
  const afterFirst = retry - numNoDelayRetries;
  if (afterFirst < numMinDelayRetries) return minDelayTarget * 1_000;
  if (retry >= numRetries - numMaxDelayRetries) return maxDelayTarget * 1_000;
  const steps = numRetries - numNoDelayRetries - numMinDelayRetries - numMaxDelayRetries;
  const part = steps === 1 ? 0 : (afterFirst - numMinDelayRetries) / (steps - 1);
  return Math.round((minDelayTarget + (maxDelayTarget - minDelayTarget) * curves[policy.backoffFunction]!(part)) * 1_000);
}

/** The same for queues and functions. */
export function ownRetryDelayMs(retry: number): number | undefined {
  const { atOnce, aSecondApart, backingOff, atTheEnd, firstMs, lastMs } = ownEndpointRetries;
  if (retry < atOnce) return 0;
  if (retry < atOnce + aSecondApart) return firstMs;
  const step = retry - atOnce - aSecondApart;
  if (step < backingOff) return Math.round(firstMs * (lastMs / firstMs) ** (step / (backingOff - 1)));
  return step < backingOff + atTheEnd ? lastMs : undefined;
}

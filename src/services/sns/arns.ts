import type { RequestContext } from "#wire/operation.ts";
import { invalidParameter } from "./errors.ts";

export interface Place {
  accountId: string;
  region: string;
}

export const topicArnOf = ({ accountId, region }: Place, name: string): string => `arn:aws:sns:${region}:${accountId}:${name}`;

/** The parts of an ARN, at least six. `member` names it in the refusal. */
export function arnParts(arn: string, member: string): string[] {
  const parts = arn.split(":");
  if (parts.length < 6 || parts[0] !== "arn")
    throw invalidParameter(`${member} Reason: An ARN must have at least 6 elements, not ${parts.length}`);
  return parts;
}

/** Refuses what names no topic of the request's region. Whether it exists is another question. */
export function checkTopicArn(arn: string, { region }: Pick<RequestContext, "region">, member = "TopicArn"): string {
  const parts = arnParts(arn, member);
  if (parts.length !== 6 || parts[2] !== "sns" || parts[3] !== region || parts[5] === "") throw invalidParameter(member);
  return arn;
}

/** The ARN of a subscription is that of its topic and one more part. */
export function checkSubscriptionArn(arn: string, { region }: Pick<RequestContext, "region">): string {
  const parts = arnParts(arn, "SubscriptionArn");
  if (parts.length !== 7 || parts[2] !== "sns" || parts[3] !== region) throw invalidParameter("SubscriptionArn");
  return arn;
}

/** An ARN of another service, or undefined for what is none. */
export function endpointArn(text: string, service: string): { region: string; accountId: string; resource: string } | undefined {
  const [arn, partition, named, region, accountId, ...rest] = text.split(":");
  if (arn !== "arn" || !partition || named !== service || !region || !/^\d{12}$/.test(accountId ?? "") || !rest[0]) return undefined;
  return { region, accountId: accountId!, resource: rest.join(":") };
}

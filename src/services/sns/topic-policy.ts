import { invalidParameter } from "./errors.ts";
import type { Topic } from "./topic.ts";

interface Statement {
  Sid?: string;
  [member: string]: unknown;
}

interface Policy {
  Version: string;
  Id?: string;
  Statement: Statement[];
}

const ownerActions = [
  "GetTopicAttributes",
  "SetTopicAttributes",
  "AddPermission",
  "RemovePermission",
  "DeleteTopic",
  "Subscribe",
  "ListSubscriptionsByTopic",
  "Publish",
];

/** Of topics that nobody gave one: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html */
export const defaultPolicy = ({ arn, accountId }: Pick<Topic, "arn" | "accountId">): Policy => ({
  Version: "2008-10-17",
  Id: "__default_policy_ID",
  Statement: [
    {
      Sid: "__default_statement_ID",
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: ownerActions.map((action) => `SNS:${action}`),
      Resource: arn,
      Condition: { StringEquals: { "AWS:SourceOwner": accountId } },
    },
  ],
});

const isStatement = (value: unknown): value is Statement => typeof value === "object" && value !== null && !Array.isArray(value);

/** Throws InvalidParameter for what is no policy. */
export function readPolicy(text: string): Policy {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidParameter("Policy Reason: Policy is not valid JSON");
  }
  if (typeof policy !== "object" || policy === null || !("Statement" in policy)) throw invalidParameter("Policy Error: null");
  const statements: unknown[] = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement];
  if (!statements.every(isStatement)) throw invalidParameter("Policy Error: null");
  return { ...(policy as Policy), Statement: statements };
}

/** What AddPermission may allow others: https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html */
const sharedActions = new Set([...ownerActions, "Receive", "GetDataProtectionPolicy", "PutDataProtectionPolicy", "*"]);

export function withPermission(topic: Topic, label: string, accountIds: readonly string[], actions: readonly string[]): string {
  const policy = readPolicy(topic.attributes.Policy ?? JSON.stringify(defaultPolicy(topic)));
  if (policy.Statement.some(({ Sid }) => Sid === label)) throw invalidParameter("Statement already exists");
  if (actions.some((action) => !sharedActions.has(action))) throw invalidParameter("Policy statement action out of service scope!");
  const arns = accountIds.map((id) => `arn:aws:iam::${id}:root`);
  const names = actions.map((action) => `SNS:${action}`);
  const statement = {
    Sid: label,
    Effect: "Allow",
    Principal: { AWS: arns.length === 1 ? arns[0] : arns },
    Action: names.length === 1 ? names[0] : names,
    Resource: topic.arn,
  };
  return JSON.stringify({ ...policy, Statement: [...policy.Statement, statement] });
}

/** A label that nobody knows is no error. */
export function withoutPermission(topic: Topic, label: string): string {
  const policy = readPolicy(topic.attributes.Policy ?? JSON.stringify(defaultPolicy(topic)));
  return JSON.stringify({ ...policy, Statement: policy.Statement.filter(({ Sid }) => Sid !== label) });
}

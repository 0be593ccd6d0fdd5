/**
 * AddPermission and RemovePermission, which edit the queue's policy statement by statement.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
 */
import { invalidValue } from "./errors.ts";

interface Statement {
  Sid?: string;
  [member: string]: unknown;
}

interface PolicyDocument {
  Version?: string;
  Id?: string;
  Statement: Statement[];
}

export interface Permission {
  label: string;
  accountIds: readonly string[];
  /** Names of operations, `*` for those that can be shared. */
  actions: readonly string[];
}

const sharable = new Set([
  "*",
  "ChangeMessageVisibility",
  "DeleteMessage",
  "GetQueueAttributes",
  "GetQueueUrl",
  "ListDeadLetterSourceQueues",
  "PurgeQueue",
  "ReceiveMessage",
  "SendMessage",
]);

const ownersOnly = new Set([
  "AddPermission",
  "CancelMessageMoveTask",
  "CreateQueue",
  "DeleteQueue",
  "ListMessageMoveTasks",
  "ListQueues",
  "ListQueueTags",
  "RemovePermission",
  "SetQueueAttributes",
  "StartMessageMoveTask",
  "TagQueue",
  "UntagQueue",
]);

function checkAction(action: string): void {
  if (sharable.has(action)) return;
  const reason = ownersOnly.has(action)
    ? "Only the queue owner is allowed to invoke this action."
    : "Please refer to the appropriate WSDL for a list of valid actions. ";
  throw invalidValue(`SQS:${action}`, "ActionName", reason);
}

const readPolicy = (policy: string | undefined): PolicyDocument | undefined => {
  if (policy === undefined) return undefined;
  const document = JSON.parse(policy) as Omit<PolicyDocument, "Statement"> & { Statement?: Statement | Statement[] };
  const { Statement: statements = [] } = document;
  return { ...document, Statement: Array.isArray(statements) ? statements : [statements] };
};

/** One value stands alone, as AWS writes it. */
const oneOrMany = (values: string[]): string | string[] => (values.length === 1 ? values[0]! : values);

/** The policy with the statement added. Throws InvalidParameterValue. */
export function addPermission(policy: string | undefined, queueArn: string, { label, accountIds, actions }: Permission): string {
  if (!/^[\w-]{1,80}$/.test(label))
    throw invalidValue(label, "Label", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  for (const action of actions) checkAction(action);
  for (const accountId of accountIds) {
    if (!/^\d{12}$/.test(accountId)) throw invalidValue(accountId, "PrincipalId", "Unable to verify.");
  }
  const document = readPolicy(policy) ?? { Version: "2008-10-17", Id: `${queueArn}/SQSDefaultPolicy`, Statement: [] };
  if (document.Statement.some(({ Sid }) => Sid === label)) throw invalidValue(label, "Label", "Already exists.");
  document.Statement.push({
    Sid: label,
    Effect: "Allow",
    Principal: { AWS: oneOrMany(accountIds.map((accountId) => `arn:aws:iam::${accountId}:root`)) },
    Action: oneOrMany(actions.map((action) => `SQS:${action}`)),
    Resource: queueArn,
  });
  return JSON.stringify(document);
}

/** The policy without the statement; undefined when that was the last one. Throws InvalidParameterValue. */
export function removePermission(policy: string | undefined, label: string): string | undefined {
  const document = readPolicy(policy);
  const remaining = document?.Statement.filter(({ Sid }) => Sid !== label);
  if (document === undefined || remaining?.length === document.Statement.length) throw invalidValue(label, "Label", "can't find label.");
  return remaining!.length === 0 ? undefined : JSON.stringify({ ...document, Statement: remaining });
}

/**
 * Resource policies: who may use a function, as its owner says. Pure: statements as AWS writes them, and what a document may be.
 * https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
import type { AddPermissionRequest } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { AwsError } from "#wire/errors.ts";
import { hasUniqueSids, isAbsent, parsePolicy, type PolicyJson, statementsOf, textsOf, unknownOperator } from "#wire/policy-grammar.ts";
import { invalidParameter } from "./errors.ts";
import { resourcePolicyBytes } from "./limits.ts";

export interface PolicyDocument {
  Version?: string;
  Id?: string;
  Statement: PolicyStatement[];
}

/** As in the policy language; whoever evaluates it looks closer. */
export interface PolicyStatement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Principal?: "*" | Readonly<Record<string, string | readonly string[]>>;
  Action?: string | readonly string[];
  Resource?: string | readonly string[];
  Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What AddPermission writes: the members in AWS's order, which clients compare as text. */
export function permission(input: Present<AddPermissionRequest>, resourceArn: string): PolicyStatement {
  const condition = conditionOf(input);
  return {
    Sid: input.StatementId,
    Effect: "Allow",
    Principal: principalOf(input.Principal),
    Action: input.Action,
    Resource: resourceArn,
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  };
}

/** A service (Alexa's end in amazon.com), an account, somebody of an account, or everybody. */
function principalOf(principal: string): NonNullable<PolicyStatement["Principal"]> {
  if (principal === "*") return principal;
  if (/^[a-z0-9.-]+\.amazon(?:aws)?\.com(?:\.cn)?$/.test(principal)) return { Service: principal };
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` };
  if (/^arn:aws[\w-]*:(?:iam|sts)::\d{12}:(?:root|user\/.+|role\/.+|assumed-role\/.+|federated-user\/.+)$/.test(principal))
    return { AWS: principal };
  throw invalidParameter("The provided principal was invalid. Please check the principal and try again.");
}

function conditionOf(input: Present<AddPermissionRequest>): NonNullable<PolicyStatement["Condition"]> {
  if (input.FunctionUrlAuthType !== undefined && input.Action !== "lambda:InvokeFunctionUrl") {
    throw invalidParameter("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
  }
  const equals = {
    ...(input.SourceAccount !== undefined && { "AWS:SourceAccount": input.SourceAccount }),
    ...(input.PrincipalOrgID !== undefined && { "aws:PrincipalOrgID": input.PrincipalOrgID }),
    ...(input.EventSourceToken !== undefined && { "lambda:EventSourceToken": input.EventSourceToken }),
    ...(input.FunctionUrlAuthType !== undefined && { "lambda:FunctionUrlAuthType": input.FunctionUrlAuthType }),
  };
  return {
    ...(Object.keys(equals).length > 0 && { StringEquals: equals }),
    ...(input.InvokedViaFunctionUrl !== undefined && { Bool: { "lambda:InvokedViaFunctionUrl": String(input.InvokedViaFunctionUrl) } }),
    ...(input.SourceArn !== undefined && { ArnLike: { "AWS:SourceArn": input.SourceArn } }),
  };
}

/** A policy with one more statement. Throws if it has one of that name. */
export function withStatement(policy: PolicyDocument | undefined, statement: PolicyStatement): PolicyDocument {
  if (policy?.Statement.some(({ Sid }) => Sid === statement.Sid)) {
    throw new AwsError(
      "ResourceConflictException",
      `The statement id (${statement.Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
      { Type: "User" },
    );
  }
  const next = { Version: "2012-10-17", Id: "default", ...policy, Statement: [...(policy?.Statement ?? []), statement] };
  checkSize(next);
  return next;
}

/** A policy less one statement; undefined when none is left. Throws if it has none of that name. */
export function withoutStatement(policy: PolicyDocument, statementId: string): PolicyDocument | undefined {
  const left = policy.Statement.filter(({ Sid }) => Sid !== statementId);
  if (left.length === policy.Statement.length) {
    throw new AwsError("ResourceNotFoundException", `Statement ${statementId} is not found in resource policy.`, { Type: "User" });
  }
  return left.length === 0 ? undefined : { ...policy, Statement: left };
}

/**
 * The document of PutResourcePolicy. Throws unless it is a policy that names principals, for actions of Lambda's and this resource only. AWS's
 * words are not on record.
 */
export function readPolicy(text: string, resourceArn: string): PolicyDocument {
  const document = parsePolicy(text);
  const statements = document && statementsOf(document);
  if (!statements?.every((statement) => isForResource(statement, resourceArn)) || !hasUniqueSids(statements)) {
    throw invalidParameter("The provided policy document is invalid. Please check the policy and try again.");
  }
  const policy = { ...document, Statement: statements as unknown as PolicyStatement[] };
  checkSize(policy);
  return policy;
}

function isForResource(statement: PolicyJson, resourceArn: string): boolean {
  const namesResource = (arn: string): boolean => arn === resourceArn || arn.startsWith(`${resourceArn}:`);
  return (
    !["Principal", "Action", "Resource"].some((name) => isAbsent(statement, name)) &&
    textsOf(statement["Action"]).every((action) => /^(?:\*|lambda:[a-z*?]+)$/i.test(action)) &&
    textsOf(statement["Resource"]).every(namesResource) &&
    unknownOperator(statement) === undefined
  );
}

function checkSize(policy: PolicyDocument): void {
  const bytes = Buffer.byteLength(JSON.stringify(policy));
  if (bytes <= resourcePolicyBytes) return;
  throw new AwsError(
    "PolicyLengthExceededException",
    `The final policy size (${bytes}) is bigger than the limit (${resourcePolicyBytes}).`,
    { Type: "User" },
  );
}

/**
 * What a resource policy says to a request by a function URL. Since October 2025 it takes two permissions: to invoke the URL, and to
 * invoke the function by its URL. Pure. https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 *
 * Only conditions that a URL's policies use are understood: one that is not never allows, and always denies.
 */
import type { PolicyDocument, PolicyStatement } from "../resource-policy.ts";

export const urlActions = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] as const;

export interface UrlCaller {
  /** ARN and account of who signed; undefined for anybody. */
  signer: { arn: string; accountId: string } | undefined;
  authType: "NONE" | "AWS_IAM";
}

/** Whether the policy allows both actions, forbids one of them, or is silent about one. */
export function urlPermission(policy: PolicyDocument | undefined, caller: UrlCaller): "allowed" | "denied" | "unmentioned" {
  const statements = policy?.Statement ?? [];
  const verdicts = urlActions.map((action) => {
    const applying = statements.filter((statement) => applies(statement, action, caller));
    if (applying.some(({ Effect }) => Effect === "Deny")) return "denied";
    return applying.length > 0 ? "allowed" : "unmentioned";
  });
  if (verdicts.includes("denied")) return "denied";
  return verdicts.every((verdict) => verdict === "allowed") ? "allowed" : "unmentioned";
}

function applies(statement: PolicyStatement, action: string, caller: UrlCaller): boolean {
  return (
    listOf(statement.Action).some((pattern) => isLike(action.toLowerCase(), pattern.toLowerCase())) &&
    isFor(statement.Principal, caller) &&
    Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, key.toLowerCase(), listOf(wanted), caller, statement.Effect)),
    )
  );
}

function isFor(principal: PolicyStatement["Principal"], { signer }: UrlCaller): boolean {
  if (principal === undefined) return false;
  const named = typeof principal === "string" ? [principal] : listOf(principal.AWS);
  if (named.includes("*")) return true;
  return (
    signer !== undefined && named.some((name) => [signer.arn, signer.accountId, `arn:aws:iam::${signer.accountId}:root`].includes(name))
  );
}

function holds(operator: string, key: string, wanted: readonly string[], caller: UrlCaller, effect: "Allow" | "Deny"): boolean {
  const value = valueOf(key, caller);
  if (value === undefined) return effect === "Deny" && !key.startsWith("lambda:");
  if (operator === "StringEquals") return wanted.includes(value);
  if (operator === "StringEqualsIgnoreCase" || operator === "Bool") return wanted.some((one) => one.toLowerCase() === value.toLowerCase());
  if (operator === "StringLike") return wanted.some((pattern) => isLike(value, pattern));
  if (operator === "StringNotEquals") return !wanted.includes(value);
  return effect === "Deny";
}

function valueOf(key: string, { authType, signer }: UrlCaller): string | undefined {
  if (key === "lambda:functionurlauthtype") return authType;
  if (key === "lambda:invokedviafunctionurl") return "true";
  if (key === "aws:principalaccount") return signer?.accountId;
  if (key === "aws:principalarn") return signer?.arn;
  return undefined;
}

/** A document may say true for "true". */
const listOf = (names: string | readonly string[] | undefined): readonly string[] => [names ?? []].flat().map(String);

/** `*` stands for anything, `?` for one character. */
function isLike(text: string, pattern: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll(/\*+/g, ".*").replaceAll("?", ".")}$`, "s").test(text);
}

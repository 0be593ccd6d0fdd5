/**
 * The grammar of policy documents, as far as all policies share it. Whether a policy names principals, and of which actions and resources it may
 * speak, is for the service whose policy it is; what a policy permits is not decided here.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */

export type PolicyJson = Readonly<Record<string, unknown>>;

const documentElements = ["Version", "Id", "Statement"];
const versions = ["2008-10-17", "2012-10-17"];
const statementElements = "Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition".split(" ");
const principalKinds = ["AWS", "Service", "Federated", "CanonicalUser"];

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html, in small letters. */
const conditionOperators = new Set([
  ...["stringequals", "stringnotequals", "stringequalsignorecase", "stringnotequalsignorecase", "stringlike", "stringnotlike"],
  ...["numericequals", "numericnotequals", "numericlessthan", "numericlessthanequals", "numericgreaterthan", "numericgreaterthanequals"],
  ...["dateequals", "datenotequals", "datelessthan", "datelessthanequals", "dategreaterthan", "dategreaterthanequals"],
  ...["bool", "binaryequals", "ipaddress", "notipaddress", "arnequals", "arnlike", "arnnotequals", "arnnotlike", "null"],
]);

/** Undefined for what is no JSON, or no object. */
export function parsePolicy(document: string): PolicyJson | undefined {
  try {
    const policy: unknown = JSON.parse(document);
    return isObject(policy) ? policy : undefined;
  } catch {
    return undefined;
  }
}

/** The statements of a document; undefined if it breaks the grammar. A document may have one that is no list. */
export function statementsOf(policy: PolicyJson): PolicyJson[] | undefined {
  const { Version, Id, Statement } = policy;
  if (!hasOnly(policy, documentElements) || (Version !== undefined && !versions.includes(Version as string))) return undefined;
  if (Id !== undefined && typeof Id !== "string") return undefined;
  const statements: unknown[] = Array.isArray(Statement) ? Statement : [Statement];
  return statements.length > 0 && statements.every(isStatement) ? statements : undefined;
}

/** Whether no two statements have the same Sid; those without any, or an empty one, may be several. */
export function hasUniqueSids(statements: readonly PolicyJson[]): boolean {
  const sids = statements.flatMap(({ Sid }) => (Sid === undefined || Sid === "" ? [] : [Sid]));
  return new Set(sids).size === sids.length;
}

/** The first operator of a statement's conditions that does not exist. */
export function unknownOperator({ Condition }: PolicyJson): string | undefined {
  return Object.keys(Condition ?? {}).find((name) => {
    const bare = name.toLowerCase().replace(/^for(?:allvalues|anyvalue):/, "");
    return !conditionOperators.has(bare) && !conditionOperators.has(bare.replace(/(?<!^null)ifexists$/, ""));
  });
}

/** The names of an element that is one or a list of them. */
export const textsOf = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [value as string]);

/** Whether a statement says nothing under that name: an empty list is nothing. */
export function isAbsent(statement: PolicyJson, name: string): boolean {
  const value = statement[name];
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function isStatement(value: unknown): value is PolicyJson {
  if (!isObject(value) || !hasOnly(value, statementElements)) return false;
  const { Sid, Effect, Condition } = value;
  return (
    (Effect === "Allow" || Effect === "Deny") &&
    (Sid === undefined || typeof Sid === "string") &&
    (Condition === undefined || isCondition(Condition)) &&
    ["Principal", "NotPrincipal"].every((name) => value[name] === undefined || isPrincipal(value[name])) &&
    ["Action", "NotAction", "Resource", "NotResource"].every((name) => value[name] === undefined || isTexts(value[name])) &&
    !["Action", "Resource", "Principal"].some((name) => name in value && `Not${name}` in value)
  );
}

const isPrincipal = (value: unknown): boolean =>
  value === "*" ||
  (isObject(value) && hasOnly(value, principalKinds) && Object.keys(value).length > 0 && Object.values(value).every(isSomeTexts));

const isCondition = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((keys) => isObject(keys) && Object.values(keys).every(isScalars));

const isScalars = (value: unknown): boolean =>
  [value].flat().every((item) => typeof item === "string" || typeof item === "number" || typeof item === "boolean");

const isSomeTexts = (value: unknown): boolean => [value].flat().length > 0 && isTexts(value);
const isTexts = (value: unknown): boolean => [value].flat().every((item) => typeof item === "string");
const isObject = (value: unknown): value is PolicyJson => typeof value === "object" && value !== null && !Array.isArray(value);
const hasOnly = (value: PolicyJson, names: readonly string[]): boolean => Object.keys(value).every((name) => names.includes(name));

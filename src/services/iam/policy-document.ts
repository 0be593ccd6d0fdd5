/**
 * The grammar of policy documents, as far as IAM refuses what breaks it; what a policy permits is not decided here.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { AwsError } from "#wire/errors.ts";
import { maximumPolicyCharacters } from "./limits.ts";

type Json = Readonly<Record<string, unknown>>;

const documentElements = ["Version", "Id", "Statement"];
const statementElements = "Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition".split(" ");
const syntaxError = "Syntax errors in policy.";

/** Refuses a document that cannot be a managed or inline policy. */
export function checkIdentityPolicy(document: string): void {
  const policy = parse(document, syntaxError);
  const statements = statementsOf(policy);
  if (policy["Version"] !== "2012-10-17") throw malformed("Policy document must be version 2012-10-17 or greater.");
  const sids = statements.flatMap(({ Sid }) => (Sid === undefined || Sid === "" ? [] : [Sid]));
  if (new Set(sids).size < sids.length) throw malformed("Statement IDs (SID) in a single policy must be unique.");
  for (const statement of statements) {
    if (isAbsent(statement, "Action") && isAbsent(statement, "NotAction")) throw malformed("Policy statement must contain actions.");
    if (isAbsent(statement, "Resource") && isAbsent(statement, "NotResource")) throw malformed("Policy statement must contain resources.");
    if ("Principal" in statement || "NotPrincipal" in statement) throw malformed("Policy document should not specify a principal.");
    for (const resource of textsOf(statement["Resource"] ?? statement["NotResource"])) checkResource(resource);
    for (const action of textsOf(statement["Action"] ?? statement["NotAction"])) checkAction(action);
  }
}

/** Refuses a document that cannot say who may assume a role. */
export function checkTrustPolicy(document: string): void {
  checkSize(document, maximumPolicyCharacters.trust, "ACLSizePerRole");
  for (const statement of statementsOf(parse(document, "This policy contains invalid Json"))) {
    if ("Resource" in statement || "NotResource" in statement) throw malformed("Has prohibited field Resource");
    if (isAbsent(statement, "Principal") && isAbsent(statement, "NotPrincipal")) throw malformed("Missing required field Principal");
    if (isAbsent(statement, "Action") && isAbsent(statement, "NotAction")) throw malformed("Missing required field Action");
    for (const action of textsOf(statement["Action"] ?? statement["NotAction"])) {
      if (!/^(\*|sts:.+)$/i.test(action)) throw malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    }
  }
}

export function checkSize(document: string, maximumCharacters: number, quota: string): void {
  if (sizeOf(document) > maximumCharacters)
    throw new AwsError("LimitExceededException", `Cannot exceed quota for ${quota}: ${maximumCharacters}`);
}

/** In characters, without white space. */
export const sizeOf = (document: string): number => document.replaceAll(/\s/g, "").length;

/** As IAM returns documents: percent-encoded per RFC 3986. */
export const encodeDocument = (document: string): string =>
  encodeURIComponent(document).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

function parse(document: string, invalidJson: string): Json {
  let policy: unknown;
  try {
    policy = JSON.parse(document);
  } catch {
    throw malformed(invalidJson);
  }
  if (!isObject(policy)) throw malformed(invalidJson);
  const version = policy["Version"];
  const isWellFormed = hasOnly(policy, documentElements) && (version === undefined || version === "2008-10-17" || version === "2012-10-17");
  if (!isWellFormed) throw malformed(syntaxError);
  return policy;
}

function statementsOf(policy: Json): Json[] {
  const given = policy["Statement"];
  const statements: unknown[] = Array.isArray(given) ? given : [given];
  if (statements.length === 0 || !statements.every(isStatement)) throw malformed(syntaxError);
  return statements;
}

function isStatement(value: unknown): value is Json {
  if (!isObject(value) || !hasOnly(value, statementElements)) return false;
  const { Sid, Effect, Condition } = value;
  return (
    (Effect === "Allow" || Effect === "Deny") &&
    (Sid === undefined || typeof Sid === "string") &&
    (Condition === undefined || (isObject(Condition) && Object.values(Condition).every(isObject))) &&
    ["Action", "NotAction", "Resource", "NotResource"].every((name) => !(name in value) || isTexts(value[name])) &&
    !["Action", "Resource", "Principal"].some((name) => name in value && `Not${name}` in value)
  );
}

function checkAction(action: string): void {
  if (action === "*") return;
  const [vendor = "", ...names] = action.split(":");
  if (names.length === 0) throw malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  if (names.length > 1) throw malformed("Actions/Condition can contain only one colon.");
  if (vendor !== "*" && /[^a-zA-Z0-9.-]/.test(vendor)) throw malformed(`Vendor ${vendor} is not valid`);
}

function checkResource(resource: string): void {
  if (resource === "*") return;
  if (!resource.includes(":")) throw malformed(`Resource ${resource} must be in ARN format or "*".`);
  const [, partition, vendor] = resource.split(":");
  if (vendor === undefined && partition !== "*") throw malformed("Resource vendor must be fully qualified and cannot contain regexes.");
  const lacksParts = resource.includes("::") && resource.split(":").length < 6;
  if (vendor === "" || lacksParts) throw malformed("The policy failed legacy parsing");
}

const malformed = (text: string): AwsError => new AwsError("MalformedPolicyDocumentException", text);

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const hasOnly = (value: Json, names: readonly string[]): boolean => Object.keys(value).every((name) => names.includes(name));
const isTexts = (value: unknown): boolean =>
  typeof value === "string" || (Array.isArray(value) && value.every((item) => typeof item === "string"));
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [value as string]);
const isAbsent = (statement: Json, name: string): boolean => {
  const value = statement[name];
  return value === undefined || (Array.isArray(value) && value.length === 0);
};

/** Which documents IAM takes for policies of identities and for trust policies, and what it says of the others. */
import { AwsError } from "#wire/errors.ts";
import { hasUniqueSids, isAbsent, parsePolicy, type PolicyJson, statementsOf, textsOf, unknownOperator } from "#wire/policy-grammar.ts";
import { maximumPolicyCharacters } from "./limits.ts";

const syntaxError = "Syntax errors in policy.";

/** Refuses a document that cannot be a managed or inline policy. */
export function checkIdentityPolicy(document: string): void {
  const policy = parse(document, syntaxError);
  const statements = readStatements(policy);
  if (policy["Version"] !== "2012-10-17") throw malformed("Policy document must be version 2012-10-17 or greater.");
  if (!hasUniqueSids(statements)) throw malformed("Statement IDs (SID) in a single policy must be unique.");
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
  for (const statement of readStatements(parse(document, "This policy contains invalid Json"))) {
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

function parse(document: string, invalidJson: string): PolicyJson {
  const policy = parsePolicy(document);
  if (policy === undefined) throw malformed(invalidJson);
  return policy;
}

function readStatements(policy: PolicyJson): PolicyJson[] {
  const statements = statementsOf(policy);
  if (statements === undefined) throw malformed(syntaxError);
  const operator = statements.map(unknownOperator).find((name) => name !== undefined);
  // As S3 says it of the same grammar; IAM's own words are not on record.
  if (operator !== undefined) throw malformed(`Invalid Condition type : ${operator}`);
  return statements;
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

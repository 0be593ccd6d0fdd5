/** Managed policies by their ARN, the account's own and AWS's alike. */
import type { Policy, PolicyVersion } from "@aws-sdk/client-iam";
import { AwsError } from "#wire/errors.ts";
import { type Entity, arnOf } from "./entity.ts";
import { awsPolicies } from "./managed-policies.ts";
import { encodeDocument } from "./policy-document.ts";
import type { IamContext } from "./state.ts";
import type { PolicyVersionRow } from "./store/reads.ts";

export type PolicyEntity = Entity<"policy">;

/** Of AWS's policies only the default version is known. */
export async function findPolicy({ state, accountId }: IamContext, arn: string): Promise<PolicyEntity | undefined> {
  const [owner, name] = parsePolicyArn(arn);
  if (owner === "aws") return awsPolicies.get(arn)?.policy;
  if (owner !== accountId) return undefined;
  const policy = await state.store.findEntity(accountId, "policy", name);
  return policy && arnOf(policy) === arn ? policy : undefined;
}

export async function requirePolicy(context: IamContext, arn: string): Promise<PolicyEntity> {
  const policy = await findPolicy(context, arn);
  if (policy === undefined) throw new AwsError("NoSuchEntityException", `Policy ${arn} was not found.`);
  return policy;
}

/** For changes: AWS's policies are refused. */
export async function requireOwnPolicy(context: IamContext, arn: string): Promise<PolicyEntity> {
  if (parsePolicyArn(arn)[0] === "aws") throw new AwsError("AccessDenied", "Policy is outside your own account.");
  return requirePolicy(context, arn);
}

export async function requireAttachablePolicy(context: IamContext, arn: string): Promise<PolicyEntity> {
  const policy = await findPolicy(context, arn);
  if (policy === undefined) throw new AwsError("NoSuchEntityException", `Policy ${arn} does not exist or is not attachable.`);
  return policy;
}

/** Sorted from the newest. */
export async function versionsOf({ state }: IamContext, policy: PolicyEntity): Promise<PolicyVersionRow[]> {
  if (policy.accountId === "aws") return [awsPolicies.get(arnOf(policy))!.version];
  const versions = await state.store.policyVersions(policy);
  return versions.sort((a, b) => b.number - a.number);
}

/** `v3` among a policy's versions. */
export function requireVersion(versions: readonly PolicyVersionRow[], policyArn: string, versionId: string): PolicyVersionRow {
  const version = versions.find(({ number }) => versionIdOf(number) === versionId);
  if (version === undefined) {
    throw new AwsError("NoSuchEntityException", `Policy ${policyArn} version ${versionId} does not exist or is not attachable.`);
  }
  return version;
}

/** How many entities of the account have which policy, by its ARN. */
export interface PolicyUsage {
  attachments: ReadonlyMap<string, number>;
  boundaries: ReadonlyMap<string, number>;
}

/** Of a policy just made. */
export const unused: PolicyUsage = { attachments: new Map(), boundaries: new Map() };

export async function policyUsage({ state: { store }, accountId }: IamContext): Promise<PolicyUsage> {
  const [attachments, boundaries] = await Promise.all([store.attachmentCounts(accountId), store.boundaryCounts(accountId)]);
  return { attachments, boundaries };
}

/** As lists show it: without description and tags. */
export const toListedPolicy = (policy: PolicyEntity, { attachments, boundaries }: PolicyUsage): Policy => ({
  PolicyName: policy.name,
  PolicyId: policy.id,
  Arn: arnOf(policy),
  Path: policy.path,
  DefaultVersionId: versionIdOf(policy.details.defaultVersion),
  AttachmentCount: attachments.get(arnOf(policy)) ?? 0,
  PermissionsBoundaryUsageCount: boundaries.get(arnOf(policy)) ?? 0,
  IsAttachable: true,
  CreateDate: new Date(policy.createdAtMs),
  UpdateDate: new Date(policy.details.updatedAtMs),
});

/** Without the document, as lists and CreatePolicyVersion show it. */
export const toListedVersion = (policy: PolicyEntity, version: Omit<PolicyVersionRow, "document">): PolicyVersion => ({
  VersionId: versionIdOf(version.number),
  IsDefaultVersion: version.number === policy.details.defaultVersion,
  CreateDate: new Date(version.created_at_ms),
});

export const toVersion = (policy: PolicyEntity, version: PolicyVersionRow): PolicyVersion => ({
  Document: encodeDocument(version.document),
  ...toListedVersion(policy, version),
});

export const versionIdOf = (number: number): string => `v${number}`;

function parsePolicyArn(arn: string): [owner: string, name: string] {
  const match = /^arn:aws:iam::(\d{12}|aws):policy\/(?:.*\/)?([\w+=,.@-]+)$/.exec(arn);
  if (match === null) throw new AwsError("InvalidInputException", `ARN ${arn} is not valid.`);
  return [match[1]!, match[2]!];
}

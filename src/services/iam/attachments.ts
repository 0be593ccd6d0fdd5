/** Managed policies attached to roles, users and groups, and set as permissions boundaries of roles and users. */
import type { AttachedPermissionsBoundary, AttachedPolicy } from "@aws-sdk/client-iam";
import type { Statement } from "#storage/database.ts";
import { AwsError } from "#wire/errors.ts";
import { change, requireEntity, requireOwnEntity } from "./change.ts";
import { type IdentityKind, quotaExceeded } from "./entity.ts";
import { quotas } from "./limits.ts";
import { type PageRequest, type Position, page } from "./page.ts";
import { type PolicyEntity, findPolicy, requireAttachablePolicy } from "./policies.ts";
import type { IamContext } from "./state.ts";
import { removeAttachment, holdEntity, insertAttachment, saveEntity } from "./store/writes.ts";

const attachmentQuotas = { role: "AttachedPoliciesPerRole", user: "AttachedPoliciesPerUser", group: "AttachedPoliciesPerGroup" } as const;
/** As AWS's messages call them. */
const quotaNames = { role: "PoliciesPerRole", user: "PoliciesPerUser", group: "PoliciesPerGroup" } as const;

/** Attaching what is attached already is no error. */
export async function attachPolicy(context: IamContext, kind: IdentityKind, name: string, policyArn: string): Promise<void> {
  await change(
    context,
    () => requireOwnEntity(context, kind, name),
    async (owner) => {
      const policy = await requireAttachablePolicy(context, policyArn);
      const attached = await context.state.store.attachedPolicyArns(owner);
      if (attached.includes(policyArn)) return [];
      const limit = quotas[attachmentQuotas[kind]];
      if (attached.length >= limit) throw quotaExceeded(quotaNames[kind], limit);
      return [insertAttachment(owner, policyArn), ...holdPolicy(policy)];
    },
  );
}

export async function detachPolicy(context: IamContext, kind: IdentityKind, name: string, policyArn: string): Promise<void> {
  await change(
    context,
    () => requireOwnEntity(context, kind, name),
    async (owner) => {
      const attached = await context.state.store.attachedPolicyArns(owner);
      if (!attached.includes(policyArn)) throw new AwsError("NoSuchEntityException", `Policy ${policyArn} was not found.`);
      return [removeAttachment(owner, policyArn)];
    },
  );
}

export async function listAttachedPolicies(
  context: IamContext,
  kind: IdentityKind,
  name: string,
  request: PageRequest & { PathPrefix?: string | undefined },
): Promise<Position & { AttachedPolicies: AttachedPolicy[] }> {
  const owner = await requireEntity(context, kind, name);
  const arns = await context.state.store.attachedPolicyArns(owner);
  const policies = arns.map((arn) => ({ arn, ...splitPolicyArn(arn) })).filter(({ path }) => path.startsWith(request.PathPrefix ?? "/"));
  const { items, ...position } = page(policies, request, (policy) => `${policy.policyName} ${policy.arn}`);
  return { AttachedPolicies: items.map(({ arn, policyName }) => ({ PolicyName: policyName, PolicyArn: arn })), ...position };
}

/** The boundary is a policy's ARN; `undefined` removes it. */
export async function setBoundary(context: IamContext, kind: "role" | "user", name: string, policyArn: string | undefined): Promise<void> {
  await change(
    context,
    () => requireOwnEntity(context, kind, name),
    async (entity) => [saveEntity({ ...entity, permissionsBoundaryArn: policyArn }), ...(await holdBoundary(context, policyArn))],
  );
}

/** Statements that keep the policy from being deleted while an entity gets it as its boundary. Rejects if there is no such policy. */
export async function holdBoundary(context: IamContext, policyArn: string | undefined): Promise<Statement[]> {
  if (policyArn === undefined) return [];
  const policy = await findPolicy(context, policyArn);
  if (policy === undefined) throw new AwsError("NoSuchEntityException", `Scope ARN: ${policyArn} does not exist or is not attachable.`);
  return holdPolicy(policy);
}

export const toBoundary = (policyArn: string | undefined): AttachedPermissionsBoundary | undefined =>
  policyArn === undefined ? undefined : { PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: policyArn };

/** AWS's policies need no holding: nobody can delete them. */
const holdPolicy = (policy: PolicyEntity): Statement[] => (policy.accountId === "aws" ? [] : [holdEntity(policy)]);

/** `arn:aws:iam::aws:policy/service-role/NAME` → `/service-role/` and `NAME`. */
function splitPolicyArn(arn: string): { path: string; policyName: string } {
  const pathAndName = arn.slice(arn.indexOf("/"));
  const nameStart = pathAndName.lastIndexOf("/") + 1;
  return { path: pathAndName.slice(0, nameStart), policyName: pathAndName.slice(nameStart) };
}

/** Policies that live inside a role, user or group. */
import { AwsError } from "#wire/errors.ts";
import { change, requireEntity, requireOwnEntity } from "./change.ts";
import type { IdentityKind } from "./entity.ts";
import { maximumPolicyCharacters } from "./limits.ts";
import { type PageRequest, type Position, page } from "./page.ts";
import { checkIdentityPolicy, encodeDocument, sizeOf } from "./policy-document.ts";
import type { IamContext } from "./state.ts";
import type { InlinePolicy } from "./store/reads.ts";
import { removeInlinePolicy, insertInlinePolicy } from "./store/writes.ts";

/** Replaces the policy of that name. */
export async function putInlinePolicy(
  context: IamContext,
  kind: IdentityKind,
  ownerName: string,
  { PolicyName, PolicyDocument }: { PolicyName: string; PolicyDocument: string },
): Promise<void> {
  checkIdentityPolicy(PolicyDocument);
  await change(
    context,
    () => requireOwnEntity(context, kind, ownerName),
    async (owner) => {
      const others = (await context.state.store.inlinePolicies(owner)).filter(({ name }) => name !== PolicyName);
      const size = others.reduce((sum, { document }) => sum + sizeOf(document), sizeOf(PolicyDocument));
      const maximum = maximumPolicyCharacters.inline[kind];
      if (size > maximum) {
        throw new AwsError("LimitExceededException", `Maximum policy size of ${maximum} bytes exceeded for ${kind} ${ownerName}`);
      }
      return [removeInlinePolicy(owner, PolicyName), insertInlinePolicy(owner, PolicyName, PolicyDocument)];
    },
  );
}

/** Name and document, encoded as on the wire. */
export async function getInlinePolicy(
  context: IamContext,
  kind: IdentityKind,
  ownerName: string,
  policyName: string,
): Promise<{ PolicyName: string; PolicyDocument: string }> {
  const owner = await requireEntity(context, kind, ownerName);
  const { document } = requireInlinePolicy(await context.state.store.inlinePolicies(owner), kind, policyName);
  return { PolicyName: policyName, PolicyDocument: encodeDocument(document) };
}

export async function deleteInlinePolicy(context: IamContext, kind: IdentityKind, ownerName: string, policyName: string): Promise<void> {
  await change(
    context,
    () => requireOwnEntity(context, kind, ownerName),
    async (owner) => {
      requireInlinePolicy(await context.state.store.inlinePolicies(owner), kind, policyName);
      return [removeInlinePolicy(owner, policyName)];
    },
  );
}

export async function listInlinePolicies(
  context: IamContext,
  kind: IdentityKind,
  ownerName: string,
  request: PageRequest,
): Promise<Position & { PolicyNames: string[] }> {
  const owner = await requireEntity(context, kind, ownerName);
  const policies = await context.state.store.inlinePolicies(owner);
  const { items, ...position } = page(policies, request, ({ name }) => name);
  return { PolicyNames: items.map(({ name }) => name), ...position };
}

function requireInlinePolicy(policies: readonly InlinePolicy[], kind: IdentityKind, name: string): InlinePolicy {
  const policy = policies.find((candidate) => candidate.name === name);
  if (policy === undefined) throw new AwsError("NoSuchEntityException", `The ${kind} policy with name ${name} cannot be found.`);
  return policy;
}

import type { ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse } from "@aws-sdk/client-iam";
import type { Entity, EntityKind } from "../../entity.ts";
import { page } from "../../page.ts";
import { requirePolicy } from "../../policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html */
export const listEntitiesForPolicy: IamOperation<ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse> = async (input, context) => {
  const { accountId, state } = context;
  await requirePolicy(context, input.PolicyArn);
  const attached =
    input.PolicyUsageFilter === "PermissionsBoundary" ? [] : await state.store.entitiesWithPolicy(accountId, input.PolicyArn);
  const bounded = input.PolicyUsageFilter === "PermissionsPolicy" ? [] : await state.store.entitiesWithBoundary(accountId, input.PolicyArn);
  const byId = new Map([...attached, ...bounded].map((entity) => [entity.id, entity]));
  const entities = [...byId.values()]
    .filter(({ kind }) => input.EntityFilter === undefined || kind === input.EntityFilter.toLowerCase())
    .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
  const { items, ...position } = page(entities, input, ({ kind, name }) => `${kind} ${name}`);
  const ofKind = (kind: EntityKind): Entity[] => items.filter((entity) => entity.kind === kind);
  return {
    PolicyGroups: ofKind("group").map(({ id, name }) => ({ GroupName: name, GroupId: id })),
    PolicyUsers: ofKind("user").map(({ id, name }) => ({ UserName: name, UserId: id })),
    PolicyRoles: ofKind("role").map(({ id, name }) => ({ RoleName: name, RoleId: id })),
    ...position,
  };
};

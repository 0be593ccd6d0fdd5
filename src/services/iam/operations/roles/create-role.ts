import type { CreateRoleRequest, CreateRoleResponse } from "@aws-sdk/client-iam";
import { toRole } from "../../answers.ts";
import { holdBoundary } from "../../attachments.ts";
import { createEntity } from "../../change.ts";
import { newEntity } from "../../entity.ts";
import { defaultSessionSeconds } from "../../limits.ts";
import { checkTrustPolicy } from "../../policy-document.ts";
import type { IamOperation } from "../../state.ts";
import { withTags } from "../../tags.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const createRole: IamOperation<CreateRoleRequest, CreateRoleResponse> = async (input, context) => {
  checkTrustPolicy(input.AssumeRolePolicyDocument);
  const role = await createEntity(context, async () => ({
    entity: newEntity(context.state, {
      accountId: context.accountId,
      kind: "role",
      name: input.RoleName,
      path: input.Path,
      tags: withTags([], input.Tags ?? []),
      permissionsBoundaryArn: input.PermissionsBoundary,
      details: {
        trustPolicy: input.AssumeRolePolicyDocument,
        description: input.Description,
        maxSessionSeconds: input.MaxSessionDuration ?? defaultSessionSeconds,
      },
    }),
    also: await holdBoundary(context, input.PermissionsBoundary),
  }));
  // AWS shows the default of MaxSessionDuration and RoleLastUsed only from GetRole on.
  return { Role: { ...toRole(role), MaxSessionDuration: input.MaxSessionDuration, RoleLastUsed: undefined } };
};

import type { GetRoleRequest, GetRoleResponse } from "@aws-sdk/client-iam";
import { toRole } from "../../answers.ts";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
export const getRole: IamOperation<GetRoleRequest, GetRoleResponse> = async (input, context) => ({
  Role: toRole(await requireEntity(context, "role", input.RoleName)),
});

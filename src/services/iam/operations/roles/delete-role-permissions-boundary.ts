import type { DeleteRolePermissionsBoundaryRequest } from "@aws-sdk/client-iam";
import { setBoundary } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html */
export const deleteRolePermissionsBoundary: IamOperation<DeleteRolePermissionsBoundaryRequest, void> = (input, context) =>
  setBoundary(context, "role", input.RoleName, undefined);

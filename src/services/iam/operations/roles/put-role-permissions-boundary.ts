import type { PutRolePermissionsBoundaryRequest } from "@aws-sdk/client-iam";
import { setBoundary } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html */
export const putRolePermissionsBoundary: IamOperation<PutRolePermissionsBoundaryRequest, void> = (input, context) =>
  setBoundary(context, "role", input.RoleName, input.PermissionsBoundary);

import type { DeleteUserPermissionsBoundaryRequest } from "@aws-sdk/client-iam";
import { setBoundary } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html */
export const deleteUserPermissionsBoundary: IamOperation<DeleteUserPermissionsBoundaryRequest, void> = (input, context) =>
  setBoundary(context, "user", input.UserName, undefined);

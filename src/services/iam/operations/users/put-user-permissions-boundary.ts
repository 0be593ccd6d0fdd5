import type { PutUserPermissionsBoundaryRequest } from "@aws-sdk/client-iam";
import { setBoundary } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html */
export const putUserPermissionsBoundary: IamOperation<PutUserPermissionsBoundaryRequest, void> = (input, context) =>
  setBoundary(context, "user", input.UserName, input.PermissionsBoundary);

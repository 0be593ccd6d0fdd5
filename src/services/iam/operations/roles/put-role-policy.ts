import type { PutRolePolicyRequest } from "@aws-sdk/client-iam";
import { putInlinePolicy } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
export const putRolePolicy: IamOperation<PutRolePolicyRequest, void> = (input, context) =>
  putInlinePolicy(context, "role", input.RoleName, input);

import type { ListServiceSpecificCredentialsRequest, ListServiceSpecificCredentialsResponse } from "@aws-sdk/client-iam";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html */
export const listServiceSpecificCredentials: IamOperation<
  ListServiceSpecificCredentialsRequest,
  ListServiceSpecificCredentialsResponse
> = async (input, context) => {
  if (input.UserName !== undefined) await requireEntity(context, "user", input.UserName);
  return { ServiceSpecificCredentials: [], IsTruncated: false };
};

import type { ListSSHPublicKeysRequest, ListSSHPublicKeysResponse } from "@aws-sdk/client-iam";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSSHPublicKeys.html */
export const listSSHPublicKeys: IamOperation<ListSSHPublicKeysRequest, ListSSHPublicKeysResponse> = async (input, context) => {
  if (input.UserName !== undefined) await requireEntity(context, "user", input.UserName);
  return { SSHPublicKeys: [], IsTruncated: false };
};

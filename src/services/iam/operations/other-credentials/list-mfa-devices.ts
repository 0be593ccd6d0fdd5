import type { ListMFADevicesRequest, ListMFADevicesResponse } from "@aws-sdk/client-iam";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADevices.html */
export const listMFADevices: IamOperation<ListMFADevicesRequest, ListMFADevicesResponse> = async (input, context) => {
  if (input.UserName !== undefined) await requireEntity(context, "user", input.UserName);
  return { MFADevices: [], IsTruncated: false };
};

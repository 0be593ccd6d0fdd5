import type { ListVirtualMFADevicesRequest, ListVirtualMFADevicesResponse } from "@aws-sdk/client-iam";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html */
export const listVirtualMFADevices: IamOperation<ListVirtualMFADevicesRequest, ListVirtualMFADevicesResponse> = () => ({
  VirtualMFADevices: [],
  IsTruncated: false,
});

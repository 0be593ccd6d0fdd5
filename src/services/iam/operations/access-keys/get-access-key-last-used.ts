import type { GetAccessKeyLastUsedRequest, GetAccessKeyLastUsedResponse } from "@aws-sdk/client-iam";
import { noSuchAccessKey } from "../../access-keys.ts";
import type { IamOperation } from "../../state.ts";

/**
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
 * DIVERGES: use of keys is not recorded; every key looks as one that was never used.
 */
export const getAccessKeyLastUsed: IamOperation<GetAccessKeyLastUsedRequest, GetAccessKeyLastUsedResponse> = async (input, context) => {
  const found = await context.state.store.findAccessKey(input.AccessKeyId);
  if (found?.user.accountId !== context.accountId) throw noSuchAccessKey(input.AccessKeyId);
  return { UserName: found.user.name, AccessKeyLastUsed: { LastUsedDate: undefined, ServiceName: "N/A", Region: "N/A" } };
};

import type { GetAccountSummaryResponse } from "@aws-sdk/client-iam";
import { maximumPolicyCharacters, quotas } from "../../limits.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html */
export const getAccountSummary: IamOperation<Record<never, never>, GetAccountSummaryResponse> = async (input, context) => {
  const { accountId, state } = context;
  const counts = await state.store.countEntities(accountId);
  const { inline, managed, trust } = maximumPolicyCharacters;
  return {
    SummaryMap: {
      Users: counts.user,
      Groups: counts.group,
      Roles: counts.role,
      Policies: counts.policy,
      InstanceProfiles: counts["instance-profile"],
      ...Object.fromEntries(Object.entries(quotas).map(([name, limit]) => [`${name}Quota`, limit])),
      UserPolicySizeQuota: inline.user,
      GroupPolicySizeQuota: inline.group,
      RolePolicySizeQuota: inline.role,
      PolicySizeQuota: managed,
      AssumeRolePolicySizeQuota: trust,
      AccountAccessKeysPresent: 1,
      AccountMFAEnabled: 0,
      AccountSigningCertificatesPresent: 0,
      MFADevices: 0,
      MFADevicesInUse: 0,
      Providers: 0,
      ServerCertificates: 0,
      GlobalEndpointTokenVersion: 1,
    },
  };
};

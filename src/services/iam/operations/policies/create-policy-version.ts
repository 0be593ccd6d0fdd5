import type { CreatePolicyVersionRequest, CreatePolicyVersionResponse } from "@aws-sdk/client-iam";
import { AwsError } from "#wire/errors.ts";
import { change } from "../../change.ts";
import { wholeSecondsMs } from "../../entity.ts";
import { maximumPolicyCharacters, quotas } from "../../limits.ts";
import { type PolicyEntity, requireOwnPolicy, toListedVersion, versionsOf } from "../../policies.ts";
import { checkIdentityPolicy, checkSize } from "../../policy-document.ts";
import type { IamOperation } from "../../state.ts";
import { insertPolicyVersion, saveEntity } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html */
export const createPolicyVersion: IamOperation<CreatePolicyVersionRequest, CreatePolicyVersionResponse> = async (input, context) => {
  checkIdentityPolicy(input.PolicyDocument);
  checkSize(input.PolicyDocument, maximumPolicyCharacters.managed, "PolicySize");
  const nowMs = wholeSecondsMs(context.state.clock);
  const policy = await change(
    context,
    () => requireOwnPolicy(context, input.PolicyArn),
    async (current) => {
      const versions = await versionsOf(context, current);
      if (versions.length >= quotas.VersionsPerPolicy) throw new AwsError("LimitExceededException", tooManyVersions);
      const changed = withNextVersion(current, input.SetAsDefault === true, nowMs);
      return [saveEntity(changed), insertPolicyVersion(changed, changed.details.latestVersion, input.PolicyDocument, nowMs)];
    },
  );
  const { details } = withNextVersion(policy, input.SetAsDefault === true, nowMs);
  return { PolicyVersion: toListedVersion({ ...policy, details }, { number: details.latestVersion, created_at_ms: nowMs }) };
};

const tooManyVersions = `A managed policy can have up to ${quotas.VersionsPerPolicy} versions. Before you create a new version, you must delete an existing version.`;

function withNextVersion(policy: PolicyEntity, isDefault: boolean, updatedAtMs: number): PolicyEntity {
  const latestVersion = policy.details.latestVersion + 1;
  const defaultVersion = isDefault ? latestVersion : policy.details.defaultVersion;
  return { ...policy, details: { ...policy.details, latestVersion, defaultVersion, updatedAtMs } };
}

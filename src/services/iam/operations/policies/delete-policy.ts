import type { DeletePolicyRequest } from "@aws-sdk/client-iam";
import { AwsError } from "#wire/errors.ts";
import { change } from "../../change.ts";
import { policyUsage, requireOwnPolicy, versionsOf } from "../../policies.ts";
import type { IamOperation } from "../../state.ts";
import { removeEntity, removePolicyVersion } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html */
export const deletePolicy: IamOperation<DeletePolicyRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireOwnPolicy(context, input.PolicyArn),
    async (policy) => {
      const { attachments, boundaries } = await policyUsage(context);
      if (attachments.has(input.PolicyArn) || boundaries.has(input.PolicyArn)) {
        throw new AwsError("DeleteConflictException", "Cannot delete a policy attached to entities.");
      }
      const [version, ...others] = await versionsOf(context, policy);
      if (others.length > 0) throw new AwsError("DeleteConflictException", moreVersions);
      return [removePolicyVersion(policy, version!.number), removeEntity(policy)];
    },
  );
};

const moreVersions =
  "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.";

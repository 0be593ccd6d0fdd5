import type { DeletePolicyVersionRequest } from "@aws-sdk/client-iam";
import { AwsError } from "#wire/errors.ts";
import { change } from "../../change.ts";
import { requireOwnPolicy, requireVersion, versionsOf } from "../../policies.ts";
import type { IamOperation } from "../../state.ts";
import { removePolicyVersion } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html */
export const deletePolicyVersion: IamOperation<DeletePolicyVersionRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireOwnPolicy(context, input.PolicyArn),
    async (policy) => {
      const { number } = requireVersion(await versionsOf(context, policy), input.PolicyArn, input.VersionId);
      if (number === policy.details.defaultVersion) {
        throw new AwsError("DeleteConflictException", "Cannot delete the default version of a policy.");
      }
      return [removePolicyVersion(policy, number)];
    },
  );
};

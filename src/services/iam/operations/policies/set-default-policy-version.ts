import type { SetDefaultPolicyVersionRequest } from "@aws-sdk/client-iam";
import { change } from "../../change.ts";
import { wholeSecondsMs } from "../../entity.ts";
import { requireOwnPolicy, requireVersion, versionsOf } from "../../policies.ts";
import type { IamOperation } from "../../state.ts";
import { saveEntity } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html */
export const setDefaultPolicyVersion: IamOperation<SetDefaultPolicyVersionRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireOwnPolicy(context, input.PolicyArn),
    async (policy) => {
      const { number } = requireVersion(await versionsOf(context, policy), input.PolicyArn, input.VersionId);
      const updatedAtMs = wholeSecondsMs(context.state.clock);
      return [saveEntity({ ...policy, details: { ...policy.details, defaultVersion: number, updatedAtMs } })];
    },
  );
};

import type { UpdateAssumeRolePolicyRequest } from "@aws-sdk/client-iam";
import { change, requireOwnEntity } from "../../change.ts";
import { checkTrustPolicy } from "../../policy-document.ts";
import type { IamOperation } from "../../state.ts";
import { saveEntity } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html */
export const updateAssumeRolePolicy: IamOperation<UpdateAssumeRolePolicyRequest, void> = async (input, context) => {
  checkTrustPolicy(input.PolicyDocument);
  await change(
    context,
    () => requireOwnEntity(context, "role", input.RoleName),
    (role) => [saveEntity({ ...role, details: { ...role.details, trustPolicy: input.PolicyDocument } })],
  );
};

import type { UpdateRoleDescriptionRequest, UpdateRoleDescriptionResponse } from "@aws-sdk/client-iam";
import { toRole } from "../../answers.ts";
import { change, requireOwnEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { saveEntity } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRoleDescription.html */
export const updateRoleDescription: IamOperation<UpdateRoleDescriptionRequest, UpdateRoleDescriptionResponse> = async (input, context) => {
  const find = () => requireOwnEntity(context, "role", input.RoleName);
  await change(context, find, (role) => [saveEntity({ ...role, details: { ...role.details, description: input.Description } })]);
  return { Role: toRole(await find()) };
};

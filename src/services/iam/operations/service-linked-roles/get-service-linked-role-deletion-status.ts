import type { GetServiceLinkedRoleDeletionStatusRequest, GetServiceLinkedRoleDeletionStatusResponse } from "@aws-sdk/client-iam";
import { AwsError } from "#wire/errors.ts";
import { serviceRolePath } from "../../change.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLinkedRoleDeletionStatus.html */
export const getServiceLinkedRoleDeletionStatus: IamOperation<
  GetServiceLinkedRoleDeletionStatusRequest,
  GetServiceLinkedRoleDeletionStatusResponse
> = (input) => {
  if (!input.DeletionTaskId.startsWith(`task${serviceRolePath}`)) {
    throw new AwsError("NoSuchEntityException", `Deletion task ${input.DeletionTaskId} cannot be found.`);
  }
  return { Status: "SUCCEEDED" };
};

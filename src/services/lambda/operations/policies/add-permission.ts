import type { AddPermissionRequest, AddPermissionResponse } from "@aws-sdk/client-lambda";
import { policyRevisionMismatch } from "../../errors.ts";
import { functionArn, parseFunctionName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import { changePolicy, refuseLatestPolicy } from "../../satellites/policies.ts";
import { permission, withStatement } from "../../resource-policy.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html */
export const addPermission: LambdaOperation<AddPermissionRequest, AddPermissionResponse> = async (input, context) => {
  const { state } = context;
  const reference = parseFunctionName(input.FunctionName, context, input.Qualifier);
  refuseLatestPolicy(reference);
  await requireLatest(state.store, reference);
  const statement = permission(input, functionArn(reference, reference.qualifier));
  await changePolicy(state, placeOf(reference), (policy, revisionId) => {
    if (input.RevisionId !== undefined && input.RevisionId !== revisionId) throw policyRevisionMismatch();
    return withStatement(policy, statement);
  });
  return { Statement: JSON.stringify(statement) };
};

import type { RemovePermissionRequest } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import { policyRevisionMismatch } from "../../errors.ts";
import { functionArn, parseFunctionName } from "../../function-name.ts";
import { hasFunction, placeOf } from "../../satellites/place.ts";
import { changePolicy } from "../../satellites/policies.ts";
import { withoutStatement } from "../../resource-policy.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html. With its last statement the policy goes. */
export const removePermission: LambdaOperation<RemovePermissionRequest, object> = async (input, context) => {
  const { state } = context;
  const reference = parseFunctionName(input.FunctionName, context, input.Qualifier);
  if (!(await hasFunction(state, reference))) throw notFound(`No policy found for: ${functionArn(reference)}`);
  await changePolicy(state, placeOf(reference), (policy, revisionId) => {
    if (policy === undefined) throw notFound("No policy is associated with the given resource.");
    const next = withoutStatement(policy, input.StatementId);
    if (input.RevisionId !== undefined && input.RevisionId !== revisionId) throw policyRevisionMismatch();
    return next;
  });
  return {};
};

const notFound = (message: string): AwsError => new AwsError("ResourceNotFoundException", message, { Type: "User" });

import type { DeleteResourcePolicyRequest } from "@aws-sdk/client-lambda";
import { noSuchResource } from "../../errors.ts";
import { parseFunctionName } from "../../function-name.ts";
import { checkRevision } from "../../guards.ts";
import { placeOf } from "../../satellites/place.ts";
import { changePolicy } from "../../satellites/policies.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteResourcePolicy.html */
export const deleteResourcePolicy: LambdaOperation<DeleteResourcePolicyRequest, object> = async (input, context) => {
  const { state } = context;
  const reference = parseFunctionName(input.ResourceArn, context);
  await requireLatest(state.store, reference);
  await changePolicy(state, placeOf(reference), (policy, revisionId) => {
    if (policy === undefined) throw noSuchResource();
    checkRevision({ revisionId }, input.RevisionId);
    return undefined;
  });
  return {};
};

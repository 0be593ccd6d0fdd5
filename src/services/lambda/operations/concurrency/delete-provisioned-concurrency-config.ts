import type { DeleteProvisionedConcurrencyConfigRequest } from "@aws-sdk/client-lambda";
import { parseFunctionName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import { checkProvisionable } from "../../satellites/provisioning.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteProvisionedConcurrencyConfig.html. One that is not there is as good as deleted. */
export const deleteProvisionedConcurrencyConfig: LambdaOperation<DeleteProvisionedConcurrencyConfigRequest, object> = async (
  input,
  context,
) => {
  const { state } = context;
  const place = placeOf(parseFunctionName(input.FunctionName, context, input.Qualifier));
  await checkProvisionable(state, place);
  await state.satellites.remove("provisioned-concurrency", place);
  await state.provisioning.follow(place);
  return {};
};

import type { GetProvisionedConcurrencyConfigRequest, GetProvisionedConcurrencyConfigResponse } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import { parseFunctionName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import { provisionedConcurrency } from "../../satellites/provisioned-concurrency.ts";
import { checkProvisionable } from "../../satellites/provisioning.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html */
export const getProvisionedConcurrencyConfig: LambdaOperation<
  GetProvisionedConcurrencyConfigRequest,
  GetProvisionedConcurrencyConfigResponse
> = async (input, context) => {
  const { state } = context;
  const place = placeOf(parseFunctionName(input.FunctionName, context, input.Qualifier));
  await checkProvisionable(state, place);
  const found = await state.satellites.find("provisioned-concurrency", place);
  if (found !== undefined) return provisionedConcurrency(found, state.provisioning.progressOf(place));
  throw new AwsError("ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function", {
    Type: "User",
  });
};

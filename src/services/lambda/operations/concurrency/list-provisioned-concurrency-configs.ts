import type { ListProvisionedConcurrencyConfigsRequest, ListProvisionedConcurrencyConfigsResponse } from "@aws-sdk/client-lambda";
import { functionArn, parseUnqualifiedName } from "../../function-name.ts";
import { provisionedConcurrency } from "../../satellites/provisioned-concurrency.ts";
import { pageOf } from "../../satellites/page.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListProvisionedConcurrencyConfigs.html */
export const listProvisionedConcurrencyConfigs: LambdaOperation<
  ListProvisionedConcurrencyConfigsRequest,
  ListProvisionedConcurrencyConfigsResponse
> = async (input, context) => {
  const { store, satellites, provisioning } = context.state;
  const id = parseUnqualifiedName(input.FunctionName, context);
  await requireLatest(store, id);
  const { items, next } = pageOf(await satellites.list("provisioned-concurrency", id), input);
  const configs = items.map(({ place, content }) => ({
    FunctionArn: functionArn(place, place.qualifier),
    ...provisionedConcurrency(content, provisioning.progressOf(place)),
  }));
  return { ProvisionedConcurrencyConfigs: configs, ...next };
};

import type { PutProvisionedConcurrencyConfigRequest, PutProvisionedConcurrencyConfigResponse } from "@aws-sdk/client-lambda";
import type { Alias } from "../../alias.ts";
import { checkProvision } from "../../satellites/concurrency.ts";
import { functionNotFound, invalidParameter } from "../../errors.ts";
import { functionArn, parseFunctionName } from "../../function-name.ts";
import type { FunctionVersion } from "../../function-version.ts";
import { placeOf, requireHolder } from "../../satellites/place.ts";
import { type ProvisionedConcurrency, provisionedConcurrency } from "../../satellites/provisioned-concurrency.ts";
import { checkHolder } from "../../satellites/provisioning.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html */
export const putProvisionedConcurrencyConfig: LambdaOperation<
  PutProvisionedConcurrencyConfigRequest,
  PutProvisionedConcurrencyConfigResponse
> = async (input, context) => {
  const { state } = context;
  const place = placeOf(parseFunctionName(input.FunctionName, context, input.Qualifier));
  const content: ProvisionedConcurrency = {
    requested: input.ProvisionedConcurrentExecutions,
    modifiedMs: state.clock.now(),
  };
  await state.accountChange.run(async () => {
    const holder = await requireHolder(state, place);
    await checkHolder(state, place, holder);
    refuseDivided(holder);
    await checkProvision(state, place, content.requested, await state.satellites.find("provisioned-concurrency", place));
    const isDone = await state.satellites.put({ kind: "provisioned-concurrency", place, content });
    if (!isDone) throw functionNotFound(functionArn(place, place.qualifier));
  });
  const { allocated, available } = state.provisioning.progressOf(place);
  await state.provisioning.follow(place);
  // The answer tells of what was there before, as AWS's does; it is in progress even if nothing is to be done.
  return { ...provisionedConcurrency(content, { allocated, available }), Status: "IN_PROGRESS" };
};

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html: not while the alias divides its invocations, though it may begin to
 * afterwards. AWS's words: https://github.com/hashicorp/terraform-provider-aws/pull/48116
 */
function refuseDivided(holder: FunctionVersion | Alias): void {
  if ("alias" in holder && holder.additional) throw invalidParameter("Alias with weights can not be used with Provisioned Concurrency");
}

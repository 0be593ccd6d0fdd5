import type { PutProvisionedConcurrencyConfigRequest, PutProvisionedConcurrencyConfigResponse } from "@aws-sdk/client-lambda";
import type { Alias } from "../../alias.ts";
import { checkProvision } from "../../satellites/concurrency.ts";
import { functionNotFound, invalidParameter, resourceConflict } from "../../errors.ts";
import { functionArn, parseFunctionName } from "../../function-name.ts";
import { type FunctionVersion, latestVersion } from "../../function-version.ts";
import { requireVersion } from "../../qualifiers.ts";
import { type Place, placeOf, requireHolder } from "../../satellites/place.ts";
import { type ProvisionedConcurrency, provisionedConcurrency } from "../../satellites/provisioned-concurrency.ts";
import { startProvisioning } from "../../satellites/provisioning.ts";
import type { LambdaOperation, LambdaState } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html */
export const putProvisionedConcurrencyConfig: LambdaOperation<
  PutProvisionedConcurrencyConfigRequest,
  PutProvisionedConcurrencyConfigResponse
> = async (input, context) => {
  const { state } = context;
  const place = placeOf(parseFunctionName(input.FunctionName, context, input.Qualifier));
  const content: ProvisionedConcurrency = {
    requested: input.ProvisionedConcurrentExecutions,
    status: "IN_PROGRESS",
    modifiedMs: state.clock.now(),
  };
  await state.accountChange.run(async () => {
    const holder = await requireHolder(state, place);
    if (holder.version === latestVersion)
      throw invalidParameter("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
    refuseOthersOfItsKind(await requireVersion(state, place));
    await refuseTwice(state, place, holder);
    await checkProvision(state, place, content.requested, await state.satellites.find("provisioned-concurrency", place));
    const isDone = await state.satellites.put({ kind: "provisioned-concurrency", place, content });
    if (!isDone) throw functionNotFound(functionArn(place, place.qualifier));
  });
  startProvisioning(state, place);
  return provisionedConcurrency(content);
};

/** Throws for what starts otherwise. The rules are AWS's, the words are ours: theirs are not on record. */
function refuseOthersOfItsKind({ isTenantIsolated, snapStart }: FunctionVersion): void {
  if (isTenantIsolated) throw invalidParameter("Provisioned concurrency is not supported for functions with tenant isolation.");
  if (snapStart !== "None") throw invalidParameter("Provisioned concurrency is not supported for functions with SnapStart.");
}

/** Throws if the version has provisioned concurrency already, by an alias or by its number. */
async function refuseTwice({ satellites, aliases }: LambdaState, place: Place, holder: FunctionVersion | Alias): Promise<void> {
  if ("alias" in holder) {
    if ((await satellites.find("provisioned-concurrency", { ...place, qualifier: holder.version })) === undefined) return;
    throw resourceConflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
  }
  const pointing = new Set(await aliases.pointingTo(place, holder.version));
  const provisioned = await satellites.list("provisioned-concurrency", place);
  if (provisioned.some((other) => pointing.has(other.place.qualifier)))
    throw resourceConflict("Version is pointed by a Provisioned Concurrency alias");
}

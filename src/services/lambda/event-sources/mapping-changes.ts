import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "../errors.ts";
import { type Caller, functionArn, parseFunctionName, type Scope } from "../function-name.ts";
import { requireVersion } from "../qualifiers.ts";
import type { LambdaState } from "../state.ts";
import type { Mapping } from "./mapping.ts";

/** The function's ARN as the caller qualified it. Rejects when there is no such function, version or alias. */
export async function mappedFunctionArn(state: LambdaState, functionName: string, caller: Caller): Promise<string> {
  const reference = parseFunctionName(functionName, caller);
  try {
    await requireVersion(state, reference);
  } catch (error) {
    if (error instanceof AwsError && error.code === "ResourceNotFoundException") throw invalidParameter("Function does not exist");
    throw error;
  }
  return functionArn(reference, reference.qualifier);
}

export async function requireMapping(
  { mappings }: Pick<LambdaState, "mappings">,
  uuid: string,
  { accountId, region }: Scope,
): Promise<Mapping> {
  const found = await mappings.find({ accountId, region, uuid });
  if (found === undefined) throw new AwsError("ResourceNotFoundException", "The resource you requested does not exist.", { Type: "User" });
  return found;
}

/**
 * Writes what `change` makes of a settled mapping. Rejects with ResourceInUseException while it is on its way to another state, or when
 * somebody was faster.
 */
export async function changeMapping(
  state: LambdaState,
  current: Mapping,
  verb: "update" | "delete",
  change: (current: Mapping) => Mapping,
): Promise<Mapping> {
  const next = current.settlesMs === undefined ? change(current) : undefined;
  if (next === undefined || !(await state.mappings.replace(next))) {
    throw new AwsError("ResourceInUseException", `Cannot ${verb} the event source mapping because it is in use.`, { Type: "User" });
  }
  state.mappingBell.ring();
  state.pollingBell.ring(next);
  return next;
}

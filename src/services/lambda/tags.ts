import { functionNotFound, invalidParameter, notSupportedYet, resourceConflict } from "./errors.ts";
import { type FunctionId, functionArn, parseFunctionName, type Scope } from "./function-name.ts";
import { resourceTags } from "./limits.ts";
import type { LambdaState } from "./state.ts";

type Tags = Record<string, string>;

/** Throws when there are more than a resource may have. Keys and values have been validated by the model. */
export function checkTags(tags: Tags): void {
  if (Object.keys(tags).length > resourceTags) throw invalidParameter("Number of tags exceeds resource tag limit.");
}

/** The tags of the function an ARN names. Throws for versions and aliases, which have none, and for what is not served. */
export async function findTags({ store }: Pick<LambdaState, "store">, resourceArn: string, scope: Scope): Promise<{ id: FunctionId; tags: Tags }> {
  const [, , , , , kind] = resourceArn.split(":");
  if (kind !== "function") throw notSupportedYet(`tags of ${kind} resources`);
  const { qualifier, ...id } = parseFunctionName(resourceArn, scope);
  if (qualifier !== undefined) throw invalidParameter("Tags on function aliases and versions are not supported. Please specify a function ARN.");
  const tags = await store.tags(id);
  if (tags === undefined) throw functionNotFound(functionArn(id));
  return { id, tags };
}

/** Replaces the tags by what `change` makes of them; a concurrent change makes it try once more. */
export async function changeTags(state: Pick<LambdaState, "store">, resourceArn: string, scope: Scope, change: (tags: Tags) => Tags): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const { id, tags } = await findTags(state, resourceArn, scope);
    const next = change(tags);
    checkTags(next);
    if (await state.store.replaceTags(id, tags, next)) return;
  }
  throw resourceConflict("The tags of this resource are being changed by others. Please try again.");
}

/** Where satellites hang, and how their operations find it. */
import type { Alias } from "../alias.ts";
import { aliasNotFound, functionNotFound } from "../errors.ts";
import { type FunctionId, type FunctionReference, functionArn } from "../function-name.ts";
import { type FunctionVersion, latestVersion } from "../function-version.ts";
import { isAliasName } from "../qualifiers.ts";
import type { LambdaState } from "../state.ts";

type Stores = Pick<LambdaState, "store" | "aliases">;

/** `$LATEST`, which stands for the function as a whole too, a version's number, or an alias. */
export interface Place extends FunctionId {
  qualifier: string;
}

/** Without a qualifier the function as a whole. */
export const placeOf = ({ accountId, region, name, qualifier = latestVersion }: FunctionReference): Place => ({
  accountId,
  region,
  name,
  qualifier,
});

/** The version or alias there, undefined if there is none. */
export function findHolder(
  { store, aliases }: Stores,
  { qualifier, ...id }: Place,
): Promise<FunctionVersion | Alias | undefined> | FunctionVersion | Alias | undefined {
  return isAliasName(qualifier) ? aliases.find(id, qualifier) : store.find(id, qualifier);
}

/** The same, but rejects with ResourceNotFoundException. */
export async function requireHolder(stores: Stores, place: Place): Promise<FunctionVersion | Alias> {
  const holder = await findHolder(stores, place);
  if (holder !== undefined) return holder;
  const arn = functionArn(place, place.qualifier);
  throw isAliasName(place.qualifier) ? aliasNotFound(arn) : functionNotFound(arn);
}

export async function hasFunction({ store }: Pick<Stores, "store">, id: FunctionId): Promise<boolean> {
  return (await store.find(id, latestVersion)) !== undefined;
}

import { AwsError } from "#wire/errors.ts";
import { functionNotFound, invalidParameter, notSupportedYet, resourceConflict, updateInProgress } from "./errors.ts";
import { mappingArn } from "./event-sources/mapping.ts";
import { functionArn, parseFunctionName, type Scope } from "./function-name.ts";
import { isSettling } from "./function-version.ts";
import { resourceTags } from "./limits.ts";
import { requireCodeSigning } from "./satellites/code-signing.ts";
import type { LambdaState } from "./state.ts";
import { requireLatest } from "./store/functions.ts";

type Tags = Record<string, string>;

/**
 * Throws when there are more than a resource may have, or one is of those that only AWS sets. Keys and values have been validated by the model.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
 */
export function checkTags(tags: Tags): void {
  if (Object.keys(tags).some((key) => /^aws:/i.test(key)))
    throw invalidParameter("aws: prefixed tag key names are not allowed for external use.");
  if (Object.keys(tags).length > resourceTags) throw invalidParameter("Number of tags exceeds resource tag limit.");
}

/** A resource as far as its tags go. */
interface Tagged {
  tags: Tags;
  /** False if somebody else has changed them, or the resource is gone. */
  replaceTags(next: Tags): Promise<boolean>;
}

type TagState = Pick<LambdaState, "store" | "mappings" | "codeSigning" | "ids">;

/** What an ARN names. Throws when there is no such thing, for versions and aliases, which have no tags, and for what is not served. */
export function findTagged(state: TagState, resourceArn: string, scope: Scope): Promise<Tagged> {
  const [, , , , , kind] = resourceArn.split(":");
  switch (kind) {
    case "function":
      return taggedFunction(state, resourceArn, scope);
    case "event-source-mapping":
      return taggedMapping(state, resourceArn, scope);
    case "code-signing-config":
      return taggedCodeSigning(state, resourceArn, scope);
    default:
      throw notSupportedYet(`tags of ${kind} resources`);
  }
}

async function taggedFunction({ store, ids }: TagState, resourceArn: string, scope: Scope): Promise<Tagged> {
  const { qualifier, ...id } = parseFunctionName(resourceArn, scope);
  if (qualifier !== undefined)
    throw invalidParameter("Tags on function aliases and versions are not supported. Please specify a function ARN.");
  const tags = await store.tags(id);
  if (tags === undefined) throw functionNotFound(functionArn(id));
  const replaceTags = async (next: Tags): Promise<boolean> => {
    const latest = await requireLatest(store, id);
    if (isSettling(latest)) throw updateInProgress(functionArn(id));
    return store.replaceTags(latest, ids.uuid(), tags, next);
  };
  return { tags, replaceTags };
}

async function taggedMapping({ mappings }: TagState, resourceArn: string, { accountId, region }: Scope): Promise<Tagged> {
  const key = { accountId, region, uuid: resourceArn.slice(resourceArn.lastIndexOf(":") + 1) };
  const tags = mappingArn(key) === resourceArn ? await mappings.tags(key) : undefined;
  if (tags === undefined)
    throw new AwsError("ResourceNotFoundException", `Event source mapping not found: ${resourceArn}`, { Type: "User" });
  return { tags, replaceTags: (next) => mappings.replaceTags(key, tags, next) };
}

async function taggedCodeSigning({ codeSigning }: TagState, resourceArn: string, scope: Scope): Promise<Tagged> {
  const id = await requireCodeSigning({ codeSigning }, resourceArn, scope);
  const tags = (await codeSigning.tags(id)) ?? {};
  return { tags, replaceTags: (next) => codeSigning.replaceTags(id, tags, next) };
}

/** Replaces the tags by what `change` makes of them; a concurrent change makes it try once more. */
export async function changeTags(state: TagState, resourceArn: string, scope: Scope, change: (tags: Tags) => Tags): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const resource = await findTagged(state, resourceArn, scope);
    const next = change(resource.tags);
    checkTags(next);
    if (await resource.replaceTags(next)) return;
  }
  throw resourceConflict("The tags of this resource are being changed by others. Please try again.");
}

/** Tags of entities, over the rules of tags.ts. */
import type { Tag } from "@aws-sdk/client-iam";
import { change } from "./change.ts";
import type { Entity } from "./entity.ts";
import { type PageRequest, type Position, page } from "./page.ts";
import type { IamContext } from "./state.ts";
import { saveEntity } from "./store/writes.ts";
import { withTags, withoutTags } from "./tags.ts";

export async function addTags(context: IamContext, find: () => Promise<Entity>, tags: readonly Tag[]): Promise<void> {
  await change(context, find, (entity) => [saveEntity({ ...entity, tags: withTags(entity.tags, tags) })]);
}

export async function removeTags(context: IamContext, find: () => Promise<Entity>, keys: readonly string[]): Promise<void> {
  await change(context, find, (entity) => [saveEntity({ ...entity, tags: withoutTags(entity.tags, keys) })]);
}

export function listTags(entity: Entity, request: PageRequest): Position & { Tags: Tag[] } {
  const { items, ...position } = page(entity.tags, request, ({ Key }) => Key!);
  return { Tags: items, ...position };
}

/** Answers leave out the tags of what has none. */
export const toTags = ({ tags }: Entity): Tag[] | undefined => (tags.length > 0 ? [...tags] : undefined);

import type { Tag } from "@aws-sdk/client-iam";
import { AwsError } from "#wire/errors.ts";
import { maximumTags } from "./limits.ts";

/**
 * The tags after adding some. Keys keep their case but are compared without it: a tag replaces the one of the same key.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
 */
export function withTags(present: readonly Tag[], added: readonly Tag[]): Tag[] {
  const addedKeys = added.map(keyOf);
  if (new Set(addedKeys).size < addedKeys.length) {
    throw new AwsError("InvalidInputException", "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  }
  if (addedKeys.some((key) => key.startsWith("aws:"))) {
    throw new AwsError("InvalidInputException", "System tags with the prefix aws: cannot be added or changed.");
  }
  const tags = [...present.filter((tag) => !addedKeys.includes(keyOf(tag))), ...added];
  if (tags.length > maximumTags) {
    throw new AwsError("LimitExceededException", "The number of tags has reached the maximum limit.");
  }
  return tags;
}

export function withoutTags(present: readonly Tag[], removedKeys: readonly string[]): Tag[] {
  const removed = removedKeys.map((key) => key.toLowerCase());
  return present.filter((tag) => !removed.includes(keyOf(tag)));
}

const keyOf = ({ Key }: Tag): string => Key!.toLowerCase();

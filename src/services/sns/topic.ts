import type { Tag } from "@aws-sdk/client-sns";
import { invalidParameter } from "./errors.ts";
import { tagsPerTopic } from "./limits.ts";
import { AwsError } from "#wire/errors.ts";

export interface Topic {
  arn: string;
  accountId: string;
  region: string;
  name: string;
  createdAtMs: number;
  /** What was set, by AWS's names; defaults are not in it. */
  attributes: Readonly<Record<string, string>>;
  tags: readonly Tag[];
  dataProtectionPolicy: string | undefined;
  /** Since when its messages are kept for replays; undefined if they are not. */
  archivedSinceMs: number | undefined;
  /** Grows whenever its archive or a replay of it begins or ends: who decided by an older one decides again. */
  archiveChanges: number;
}

export const isFifo = ({ attributes }: Pick<Topic, "attributes">): boolean => attributes.FifoTopic === "true";

const standardName = /^[\w-]{1,256}$/;
const fifoName = /^[\w-]{1,251}\.fifo$/;

/** https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html */
export function checkTopicName(name: string, fifo: boolean): void {
  if (fifo && !fifoName.test(name)) {
    throw invalidParameter(
      "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.",
    );
  }
  if (!fifo && !standardName.test(name)) throw invalidParameter("Topic Name");
}

/** The tags that come of adding some to others. */
export function mergeTags(old: readonly Tag[], added: readonly Tag[]): Tag[] {
  checkTags(added);
  const merged = [...old.filter(({ Key }) => !added.some((tag) => tag.Key === Key)), ...added];
  if (merged.length > tagsPerTopic)
    throw new AwsError("TagLimitExceededException", "Could not complete request: tag quota of per resource exceeded");
  return merged.map(({ Key, Value }) => ({ Key, Value }));
}

export function checkTags(tags: readonly Tag[]): void {
  // The rule is documented, the words are other services' of AWS: https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html
  if (tags.some(({ Key }) => /^aws:/i.test(Key!))) throw invalidParameter("aws: prefixed tag key names are not allowed for external use.");
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) throw invalidParameter("Duplicated keys are not allowed.");
}

export const isSameTags = (a: readonly Tag[], b: readonly Tag[]): boolean =>
  a.length === b.length && a.every(({ Key, Value }) => b.some((tag) => tag.Key === Key && tag.Value === Value));

/** What batches have in common: their refusals, and answers entry by entry. */
import type { BatchResultErrorEntry } from "@aws-sdk/client-sqs";
import { AwsError, unmodelledErrors } from "#wire/errors.ts";
import { maxBatchEntries } from "./limits.ts";

const idPattern = /^[\w-]{1,80}$/;

/** `entryName`: the model's name of an entry. Refuses the batch as a whole. */
export function checkBatch(entries: ReadonlyArray<{ Id: string }>, entryName: string): void {
  if (entries.length === 0) throw new AwsError("EmptyBatchRequest", `There should be at least one ${entryName} in the request.`);
  if (entries.length > maxBatchEntries) {
    throw new AwsError(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${maxBatchEntries}. You have sent ${entries.length}.`,
    );
  }
  const seen = new Set<string>();
  for (const { Id } of entries) {
    if (!idPattern.test(Id)) {
      throw new AwsError(
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
      );
    }
    if (seen.has(Id)) throw new AwsError("BatchEntryIdsNotDistinct", `Id ${Id} repeated.`);
    seen.add(Id);
  }
}

/** Reads each entry; those that are refused are left out and put among `failed`. */
export function readEntries<Item extends { Id: string }, Result>(
  entries: readonly Item[],
  read: (entry: Item) => Result,
): { accepted: Array<{ id: string; value: Result }>; failed: BatchResultErrorEntry[] } {
  const accepted: Array<{ id: string; value: Result }> = [];
  const failed: BatchResultErrorEntry[] = [];
  for (const entry of entries) {
    try {
      accepted.push({ id: entry.Id, value: read(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: entry.Id, SenderFault: true, Code: unmodelledErrors[error.code]?.queryCode ?? error.code, Message: error.message });
    }
  }
  return { accepted, failed };
}

/** Lists that are empty are left out, as AWS does. */
export function batchResult<Success>(
  successful: Success[],
  failed: BatchResultErrorEntry[],
): { Successful: Success[] | undefined; Failed: BatchResultErrorEntry[] | undefined } {
  return { Successful: successful.length > 0 ? successful : undefined, Failed: failed.length > 0 ? failed : undefined };
}

import type { BatchResultErrorEntry, PublishBatchInput, PublishBatchResponse, PublishBatchResultEntry } from "@aws-sdk/client-sns";
import { AwsError } from "#wire/errors.ts";
import { batchEntries, messageBytes } from "../../limits.ts";
import { accept, draftFor } from "../../publishing.ts";
import { requireTopic } from "../../topics.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html */
export const publishBatch: SnsOperation<PublishBatchInput, PublishBatchResponse> = async (input, context) => {
  const { state, traceHeader } = context;
  const topic = await requireTopic(context, input.TopicArn);
  const entries = input.PublishBatchRequestEntries;
  checkEntries(entries.map(({ Id }) => Id));
  const drafts = entries.map((entry) => draftFor(topic, entry));
  if (drafts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > messageBytes)
    throw new AwsError("BatchRequestTooLongException", "The length of all the messages put together is more than the limit.");
  const Successful: PublishBatchResultEntry[] = [];
  const Failed: BatchResultErrorEntry[] = [];
  const outcomes = await Promise.allSettled(drafts.map((draft) => accept(state, topic, draft, traceHeader)));
  for (const [index, outcome] of outcomes.entries()) {
    const { Id } = entries[index]!;
    if (outcome.status === "fulfilled") Successful.push({ Id, ...outcome.value });
    else {
      state.log.error("an entry of a batch could not be kept", { requestId: context.requestId, error: outcome.reason });
      Failed.push({ Id, Code: "InternalError", Message: "The message could not be stored.", SenderFault: false });
    }
  }
  return { Successful, Failed };
};

function checkEntries(ids: readonly string[]): void {
  if (ids.length === 0) throw new AwsError("EmptyBatchRequestException", "The batch request doesn't contain any entries.");
  if (ids.length > batchEntries)
    throw new AwsError("TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible.");
  if (new Set(ids).size < ids.length)
    throw new AwsError("BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id.");
  if (ids.some((id) => !/^[\w-]{1,80}$/.test(id)))
    throw new AwsError("InvalidBatchEntryIdException", "The Id of a batch entry in a batch request doesn't abide by the specification.");
}

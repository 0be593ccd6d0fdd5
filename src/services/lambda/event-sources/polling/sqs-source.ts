import type { SQS } from "@aws-sdk/client-sqs";
import type { CallsOf } from "#wire/calls.ts";
import type { Principal } from "#wire/principal.ts";
import { queueUrl } from "../../async/deliveries.ts";
import type { Mapping } from "../mapping.ts";
import type { QueueSource } from "./source.ts";
import { sqsRecord, type SqsRecord } from "./sqs-record.ts";

export type SqsCalls = Pick<CallsOf<SQS>, "receiveMessage" | "deleteMessageBatch" | "changeMessageVisibilityBatch" | "getQueueAttributes">;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html and API_DeleteMessageBatch.html: ten at a time. */
const batchEntries = 10;

/** A queue of Amazon SQS, standard or FIFO; SQS itself sees to the order of message groups. */
export class SqsSource implements QueueSource<SqsRecord> {
  readonly isOrdered: boolean;
  readonly largestReceive = batchEntries;
  readonly #sqs: SqsCalls;
  readonly #queueArn: string;
  readonly #queueUrl: string;
  readonly #region: string;

  constructor(sqs: SqsCalls, { kind, sourceArn = "", region }: Pick<Mapping, "kind" | "sourceArn" | "region">) {
    this.isOrdered = kind === "sqs-fifo";
    this.#sqs = sqs;
    this.#queueArn = sourceArn;
    this.#queueUrl = queueUrl(sourceArn);
    this.#region = region;
  }

  async receive(limit: number, waitMs: number, signal: AbortSignal, as: Principal): Promise<SqsRecord[]> {
    const request = {
      QueueUrl: this.#queueUrl,
      MaxNumberOfMessages: Math.min(limit, batchEntries),
      WaitTimeSeconds: Math.ceil(waitMs / 1_000),
      MessageSystemAttributeNames: ["All" as const],
      MessageAttributeNames: ["All"],
    };
    try {
      const { Messages = [] } = await this.#sqs.receiveMessage(request, { as, region: this.#region, signal });
      return Messages.map((message) => sqsRecord(message, this.#queueArn, this.#region));
    } catch (error) {
      if (signal.aborted) return [];
      throw error;
    }
  }

  async remove(records: readonly SqsRecord[], as: Principal): Promise<void> {
    await Promise.all(inBatches(records).map((batch) => this.#removeBatch(batch, as)));
  }

  async release(records: readonly SqsRecord[], as: Principal): Promise<void> {
    for (const batch of inBatches(records)) {
      const Entries = batch.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle, VisibilityTimeout: 0 }));
      await this.#sqs.changeMessageVisibilityBatch({ QueueUrl: this.#queueUrl, Entries }, { as, region: this.#region });
    }
  }

  async #removeBatch(records: readonly SqsRecord[], as: Principal): Promise<void> {
    const Entries = records.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
    const options = { as, region: this.#region };
    const { Failed = [] } = await this.#sqs.deleteMessageBatch({ QueueUrl: this.#queueUrl, Entries }, options);
    if (Failed.length > 0) throw new Error(`${Failed.length} messages could not be deleted: ${Failed[0]!.Code} ${Failed[0]!.Message}`);
  }

  async hiddenMs(as: Principal): Promise<number> {
    const request = { QueueUrl: this.#queueUrl, AttributeNames: ["VisibilityTimeout" as const] };
    const { Attributes } = await this.#sqs.getQueueAttributes(request, { as, region: this.#region });
    return Number(Attributes?.VisibilityTimeout ?? 0) * 1_000;
  }
}

const inBatches = (records: readonly SqsRecord[]): SqsRecord[][] =>
  Array.from({ length: Math.ceil(records.length / batchEntries) }, (_, index) =>
    records.slice(index * batchEntries, (index + 1) * batchEntries),
  );

/** Numbers of AWS, https://docs.aws.amazon.com/general/latest/gr/sns.html unless another page is named, and our own. */

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
export const messageBytes = 262_144;
export const subjectCharacters = 100;
/** https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html */
export const batchEntries = 10;
/** https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html and its like. */
export const pageItems = 100;
/** https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html */
export const tagsPerTopic = 50;
/** https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html */
export const deduplicationMs = 5 * 60_000;
/** https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html */
export const archiveDays = { least: 1, most: 365 } as const;
/** Of an account and region. AWS has such a limit, and does not say which. */
export const runningReplays = 100;
/** What a replay reads at one time, and how many deliveries of its may wait before it goes on. */
export const replayPage = 100;
export const waitingReplayed = 1_000;
/** How often one looks that had to stop for that. */
export const replayPauseMs = 200;
/** A publisher begins again when an archive or a replay of his topic begins or ends under his hands: that often. */
export const publishAttempts = 10;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html */
export const attributesOfQueueMessage = 10;
/** What one statement of a sweep removes. */
export const sweptMessages = 1_000;
/** https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html */
export const tokenMs = 2 * 86_400_000;
/** Of a subscription that was deleted, or never confirmed: until then it is counted, and can be had back with a token. */
export const unconfirmedMs = 2 * 86_400_000;
export const tokenCharacters = 224;

/** https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html */
export const filterPolicy = { keys: 5, combinations: 150 } as const;

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html, "Creating an HTTP/S delivery policy". */
export const httpPolicyBounds = { delaySeconds: 3_600, retries: 100 } as const;

/**
 * Of endpoints that AWS runs itself (SQS, Lambda), from the same page: 3 retries at once, 2 a second apart, 10 from 1 s up to 20 s,
 * 100,000 every 20 s.
 */
export const ownEndpointRetries = {
  atOnce: 3,
  aSecondApart: 2,
  backingOff: 10,
  atTheEnd: 100_000,
  firstMs: 1_000,
  lastMs: 20_000,
} as const;

/** Of an HTTP request to a subscriber: https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html */
export const requestTimeoutMs = 15_000;
/** An answer is read only so far as to let its connection end in order. */
export const answerBytes = 65_536;

/** Signatures of the messages that were delivered last. */
export const rememberedSignatures = 1_000;
/** Deliveries under way at one time, of all topics and to one subscriber. */
export const runningDeliveries = 64;
export const runningDeliveriesPerSubscriber = 10;
/** A dead letter queue that cannot be reached is tried again this often. */
export const deadLetterRetryMs = 20_000;

/** Mails and texts that the outbox keeps for an account and region. */
export const outboxItems = 1_000;
export const sweepMs = 3_600_000;

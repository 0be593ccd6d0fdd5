/**
 * Numbers of AWS, and ours.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html and quotas-messages.html
 */

export const maxNameLength = 80;
export const maxTags = 50;
export const maxListedQueues = 1_000;

/** Body and attributes of a message, and of all messages of a batch together. */
export const maxMessageBytes = 1_048_576;
export const maxBatchEntries = 10;
export const maxReceivedMessages = 10;
export const maxMessageAttributes = 10;
export const maxAttributeNameLength = 256;

export const maxDelaySeconds = 900;
export const maxWaitSeconds = 20;
/** Also of a message in all, from its receipt on. */
export const maxVisibilitySeconds = 43_200;

/** Of standard queues and, since November 2024, of FIFO queues. */
export const maxInFlight = 120_000;
/** How far into a FIFO queue's backlog groups are looked for: .../SQSDeveloperGuide/FIFO-key-terms.html and the quotas of FIFO queues. */
export const maxFifoLookahead = 120_000;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html */
export const deduplicationMs = 5 * 60_000;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html and API_CreateQueue.html */
export const purgeIntervalMs = 60_000;
export const nameReuseMs = 60_000;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html and API_ListMessageMoveTasks.html */
export const maxMovesPerSecond = 500;
export const maxListedMoveTasks = 10;

/** Ours: messages that are read into memory at a time. */
export const pageSize = 2_000;
/** Ours: queues with an index in memory; the one that was idle longest makes room. */
export const maxLiveQueues = 1_000;
/** Ours: ReceiveRequestAttemptIds remembered for each FIFO queue. */
export const maxReceiveAttempts = 1_000;
/** Ours: such a queue's index may make room; no operation takes as long. */
export const idleMs = 60_000;
export const sweepIntervalMs = 60_000;
/** Ours: rows that one statement of the sweep removes, so that no writer waits long for it. */
export const sweepBatch = 1_000;

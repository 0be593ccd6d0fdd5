/** From a queue to a consumer: waits for messages, gives exhausted ones to the dead letter queue, and hides what is given away. */
import { AwsError } from "#wire/errors.ts";
import { findDeadLetterQueue, moveToDeadLetters } from "./dead-letters.ts";
import { maxInFlight } from "./limits.ts";
import type { LiveQueue } from "./live-queue.ts";
import type { Entry } from "./order/entry.ts";
import type { SqsState } from "./state.ts";
import { queueDoesNotExist } from "./errors.ts";

export interface ReceiveRequest {
  limit: number;
  visibilityMs: number;
  /** 0: only what is there now. */
  waitMs: number;
  attemptId: string | undefined;
}

/** Resolves with none when the time is up or the signal aborts. Rejects with QueueDoesNotExist if the queue is deleted meanwhile. */
export async function receiveMessages(
  state: SqsState,
  live: LiveQueue,
  request: ReceiveRequest,
  signal: AbortSignal,
): Promise<readonly Entry[]> {
  const { clock } = state;
  const { limit, waitMs, attemptId } = request;
  const untilMs = clock.now() + waitMs;
  const earlier = attemptId === undefined ? undefined : live.attempts.find(attemptId);
  if (earlier !== undefined) return giveAgain(state, live, earlier, request);
  try {
    for (;;) {
      if (live.hasEnded) throw queueDoesNotExist();
      await live.fill(limit);
      if (signal.aborted) return [];
      checkRoom(live, waitMs);
      const entries = await takeReceivable(state, live, limit);
      if (entries.length > 0) return await giveAway(state, live, entries, request);
      if (clock.now() >= untilMs || state.stopping.aborted) return [];
      await live.wait(untilMs, signal);
    }
  } finally {
    live.passOn();
  }
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html: only short polls of standard queues learn. */
function checkRoom({ hasRoomInFlight, queue }: LiveQueue, waitMs: number): void {
  if (hasRoomInFlight || waitMs > 0 || queue.settings.isFifo) return;
  throw new AwsError("OverLimit", `The maximum number of in flight messages is reached: ${maxInFlight}.`);
}

/** Takes messages until there is one to give away, or none at all. */
async function takeReceivable(state: SqsState, live: LiveQueue, limit: number): Promise<Entry[]> {
  const deadLetters = await findDeadLetterQueue(state, live);
  for (;;) {
    const taken = live.take(limit);
    const { redrive } = live.queue.settings;
    if (deadLetters === undefined || redrive === undefined) return taken;
    const exhausted = taken.filter(({ receiveCount }) => receiveCount >= redrive.maxReceiveCount);
    const receivable = taken.filter(({ receiveCount }) => receiveCount < redrive.maxReceiveCount);
    if (exhausted.length === 0) return receivable;
    try {
      await moveToDeadLetters(state, live, deadLetters, exhausted);
    } catch (error) {
      live.putBack(taken);
      throw error;
    }
    if (receivable.length > 0) return receivable;
    await live.fill(limit);
  }
}

async function giveAway(state: SqsState, live: LiveQueue, entries: Entry[], { visibilityMs, attemptId }: ReceiveRequest): Promise<Entry[]> {
  const nowMs = state.clock.now();
  const dueMs = nowMs + visibilityMs;
  const nonce = state.ids.hex(16);
  live.depart(entries, nonce, dueMs);
  if (attemptId !== undefined && live.queue.settings.isFifo) live.attempts.remember(attemptId, nonce, entries);
  const sequences = entries.map(({ sequence }) => sequence);
  const written = live.use(() => state.store.messages.receive(sequences, nonce, nowMs, dueMs));
  if (live.queue.settings.isFifo) {
    // A group must stay locked over a crash.
    await written;
  } else {
    // Lost in a crash it only means that the messages come back sooner, so nobody waits for the disk.
    written.catch((error: unknown) => state.log.error("a receive could not be recorded", { queue: live.queue.arn, error }));
  }
  return entries;
}

/** The visibility time-out begins anew. */
async function giveAgain(
  state: SqsState,
  live: LiveQueue,
  entries: readonly Entry[],
  { visibilityMs }: ReceiveRequest,
): Promise<readonly Entry[]> {
  const dueMs = state.clock.now() + visibilityMs;
  await hide(state, live, entries, dueMs);
  return entries;
}

/** Writes down when these come back, and sees to it. */
export async function hide(state: SqsState, live: LiveQueue, entries: readonly Entry[], dueMs: number): Promise<void> {
  await live.use(async () => {
    await state.store.messages.postpone(
      entries.map(({ sequence }) => sequence),
      dueMs,
    );
    for (const entry of entries) live.postpone(entry, dueMs);
  });
}

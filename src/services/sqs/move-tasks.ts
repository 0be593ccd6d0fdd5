/**
 * StartMessageMoveTask: dead letters go back to where they came from, or somewhere else, as new messages. A task is a row that says how
 * far it has come; one that runs when the process ends goes on after the next start.
 */
import { type Clock, sleep } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "./errors.ts";
import { maxMovesPerSecond } from "./limits.ts";
import type { LiveQueue } from "./live-queue.ts";
import type { Entry } from "./order/entry.ts";
import type { Queues } from "./queues.ts";
import { relocate } from "./relocating.ts";
import type { Sequences } from "./sequences.ts";
import type { MessageStore } from "./store/messages.ts";
import type { MoveTaskStore } from "./store/move-tasks.ts";
import type { MoveTaskRow } from "./store/tables.ts";

interface Parts {
  clock: Clock;
  ids: Ids;
  log: Log;
  store: MoveTaskStore;
  messages: MessageStore;
  sequences: Sequences;
  queues: Queues;
}

/** Progress is made in steps of this. */
const stepMs = 100;

/** Why a task cannot go on, as ListMessageMoveTasks tells it. */
class MoveFailure extends Error {}

export class MoveTasks {
  readonly #parts: Parts;
  /** By task id. */
  readonly #running = new Map<string, { stopping: AbortController; done: Promise<void> }>();
  #isStopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Resolves when the task is on disk; it runs by itself from then on. */
  async start(source: LiveQueue, destinationArn: string | undefined, messagesPerSecond: number | undefined): Promise<MoveTaskRow> {
    const { clock, ids, store } = this.#parts;
    const sourceArn = source.queue.arn;
    if ((await store.ofSource(sourceArn, 1))[0]?.status === "RUNNING") {
      throw invalidParameter("There is already a task running. Only one active task is allowed for a source queue arn at a given time.");
    }
    const task: MoveTaskRow = {
      id: ids.uuid(),
      source_arn: sourceArn,
      destination_arn: destinationArn ?? null,
      messages_per_second: messagesPerSecond ?? null,
      status: "RUNNING",
      moved: 0,
      to_move: (await source.counts()).visible,
      failure_reason: null,
      started_ms: clock.now(),
    };
    await store.add(task);
    this.#run(task);
    return task;
  }

  /** Resolves with how many messages it had moved. */
  async cancel(id: string): Promise<number> {
    const { store } = this.#parts;
    const task = await store.find(id);
    if (task === undefined) throw new AwsError("ResourceNotFoundException", "Task does not exist.");
    const running = this.#running.get(id);
    if (task.status !== "RUNNING" || running === undefined) throw invalidParameter("Only active tasks can be cancelled.");
    running.stopping.abort();
    await running.done;
    await store.update(id, { status: "CANCELLED" });
    return (await store.find(id))?.moved ?? task.moved;
  }

  /** Goes on with what ran when the process ended. */
  async resume(): Promise<void> {
    for (const task of await this.#parts.store.running()) if (!this.#running.has(task.id)) this.#run(task);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { stopping } of this.#running.values()) stopping.abort();
    await Promise.all(Array.from(this.#running.values(), ({ done }) => done));
  }

  #run(task: MoveTaskRow): void {
    if (this.#isStopped) return;
    const { log } = this.#parts;
    const stopping = new AbortController();
    const done = this.#moveAll(task, stopping.signal)
      .catch((error: unknown) => log.error("a message move task stopped", { task: task.id, error }))
      .finally(() => this.#running.delete(task.id));
    this.#running.set(task.id, { stopping, done });
  }

  async #moveAll(task: MoveTaskRow, signal: AbortSignal): Promise<void> {
    const { clock, queues, store } = this.#parts;
    const perSecond = task.messages_per_second ?? maxMovesPerSecond;
    const perStep = Math.max(1, Math.round((perSecond * stepMs) / 1_000));
    const intervalMs = (perStep * 1_000) / perSecond;
    let { moved } = task;
    try {
      while (!signal.aborted && moved < task.to_move) {
        const source = await queues.atArn(task.source_arn);
        if (source === undefined) throw new MoveFailure("AWS.SimpleQueueService.NonExistentQueue");
        const count = await this.#moveSome(task, source, Math.min(perStep, task.to_move - moved));
        if (count === 0) break;
        moved += count;
        await store.update(task.id, { moved });
        if (moved < task.to_move) await sleep(clock, intervalMs, signal).catch(() => {});
      }
      if (!signal.aborted) await store.update(task.id, { status: "COMPLETED" });
    } catch (error) {
      if (!(error instanceof MoveFailure)) throw error;
      await store.update(task.id, { status: "FAILED", failure_reason: error.message });
    }
  }

  /** Resolves with how many were moved, 0 when there are none. */
  async #moveSome(task: MoveTaskRow, source: LiveQueue, limit: number): Promise<number> {
    await source.fill(limit);
    const entries = source.take(limit);
    try {
      for (const [arn, group] of Map.groupBy(entries, (entry) => task.destination_arn ?? entry.deadLetterSource ?? "")) {
        if (arn === "") throw new MoveFailure("CouldNotDetermineMessageSource");
        const target = await this.#parts.queues.atArn(arn);
        if (target === undefined) throw new MoveFailure("AWS.SimpleQueueService.NonExistentQueue");
        await this.#move(source, target, group);
      }
    } catch (error) {
      source.putBack(entries);
      throw error;
    }
    return entries.length;
  }

  /**
   * They become new messages.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
   */
  async #move(source: LiveQueue, target: LiveQueue, entries: readonly Entry[]): Promise<void> {
    const { clock, ids } = this.#parts;
    await relocate(this.#parts, source, target, entries, () => {
      const messageId = ids.uuid();
      const sentMs = clock.now();
      return {
        entry: { messageId, sentMs, earlierReceives: 0, firstReceivedMs: undefined, deadLetterSource: undefined },
        row: { message_id: messageId, sent_ms: sentMs, earlier_receives: 0, first_received_ms: null, dead_letter_source: null },
      };
    });
  }
}

/** The handle is opaque to clients. */
export const writeTaskHandle = ({ id, source_arn }: MoveTaskRow): string =>
  Buffer.from(JSON.stringify({ taskId: id, sourceArn: source_arn })).toString("base64");

/** Throws InvalidParameterValue. */
export function readTaskHandle(handle: string): { taskId: string; sourceArn: string } {
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, "base64").toString()) as Record<string, unknown>;
    if (typeof taskId === "string" && typeof sourceArn === "string") return { taskId, sourceArn };
  } catch {
    // Not one of ours.
  }
  throw invalidParameter("Value for parameter TaskHandle is invalid.");
}

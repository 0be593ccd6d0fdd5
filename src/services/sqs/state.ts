import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import type { Operation } from "#wire/operation.ts";
import type { ServiceDependencies } from "#wire/service.ts";
import { initial } from "./migrations/0001-initial.ts";
import { MoveTasks } from "./move-tasks.ts";
import type { SqsPorts } from "./ports.ts";
import { Queues } from "./queues.ts";
import { Sequences } from "./sequences.ts";
import { HousekeepingStore } from "./store/housekeeping.ts";
import { MessageStore } from "./store/messages.ts";
import { MoveTaskStore } from "./store/move-tasks.ts";
import { QueueStore } from "./store/queues.ts";

/** What the operations of this service share. */
export interface SqsState {
  clock: Clock;
  ids: Ids;
  log: Log;
  store: { queues: QueueStore; messages: MessageStore; moveTasks: MoveTaskStore; housekeeping: HousekeepingStore };
  sequences: Sequences;
  queues: Queues;
  moveTasks: MoveTasks;
  stopping: AbortSignal;
}

export type SqsOperation<Input, Output> = Operation<Input, Output, SqsState>;
/** What operations return whose model has no output. */
export type Nothing = Record<never, never>;

export async function openSqs({ clock, ids, log, database, stopping }: ServiceDependencies & SqsPorts): Promise<SqsState> {
  await database.migrate("sqs", [initial]);
  const store = {
    queues: new QueueStore(database),
    messages: new MessageStore(database),
    moveTasks: new MoveTaskStore(database),
    housekeeping: new HousekeepingStore(database),
  };
  const sequences = new Sequences(clock, await store.messages.lastSequence());
  const queues = new Queues({ clock, ids, store: store.queues, messages: store.messages });
  const moveTasks = new MoveTasks({ clock, ids, log, store: store.moveTasks, messages: store.messages, sequences, queues });
  stopping.addEventListener("abort", () => void queues.wakeAll(), { once: true });
  return { clock, ids, log, store, sequences, queues, moveTasks, stopping };
}

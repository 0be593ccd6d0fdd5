import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import type { AppendLogs } from "#storage/append-log.ts";
import type { Operation } from "#wire/operation.ts";
import type { ServiceDependencies } from "#wire/service.ts";
import { LogGroups } from "./groups.ts";
import { LiveTails } from "./live-tail.ts";
import { migrations } from "./migrations/0001-initial.ts";
import type { LogsPorts } from "./ports.ts";
import { LogsStore } from "./store.ts";

/** What the operations of this service share. */
export interface LogsState {
  clock: Clock;
  ids: Ids;
  log: Log;
  store: LogsStore;
  appendLogs: AppendLogs;
  groups: LogGroups;
  liveTails: LiveTails;
}

export type LogsOperation<Input, Output> = Operation<Input, Output, LogsState>;
/** What operations return whose model has no output. */
export type Nothing = Record<never, never>;

export async function openLogs({ clock, ids, log, database, appendLogs }: ServiceDependencies & LogsPorts): Promise<LogsState> {
  await database.migrate("logs", migrations);
  const store = new LogsStore(database);
  return { clock, ids, log, store, appendLogs, groups: new LogGroups(store, appendLogs, clock), liveTails: new LiveTails() };
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { randomIds } from "#kit/ids.ts";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { type AppendLogs, openAppendLogs } from "#storage/append-log.ts";
import type { Database } from "#storage/database.ts";
import { openSqliteDatabase } from "#storage/sqlite/sqlite-database.ts";
import type { Operation, Present } from "#wire/operation.ts";
import { type Principal, rootPrincipal } from "#wire/principal.ts";
import { createLogGroup } from "./operations/create-log-group.ts";
import { createLogStream } from "./operations/create-log-stream.ts";
import { putLogEvents } from "./operations/put-log-events.ts";
import { type LogsState, openLogs } from "./state.ts";

const accountId = "123456789012";

interface CallOptions {
  as?: Principal;
  signal?: AbortSignal;
}

/** The service on a real database in a folder of its own; the clock stands still. */
export class LogsBench implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly state: LogsState;
  readonly appendLogs: AppendLogs;
  readonly #database: Database;

  private constructor(state: LogsState, appendLogs: AppendLogs, database: Database, clock: ManualClock) {
    this.state = state;
    this.appendLogs = appendLogs;
    this.#database = database;
    this.clock = clock;
  }

  static async start(t: TestContext): Promise<LogsBench> {
    const folder = await mkdtemp(join(tmpdir(), "logs-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    return LogsBench.open(t, folder);
  }

  /** Opens the service on a folder that may have been used before. */
  static async open(t: TestContext, folder: string): Promise<LogsBench> {
    const clock = new ManualClock();
    const database = await openSqliteDatabase({ path: join(folder, "database") });
    const appendLogs = await openAppendLogs(join(folder, "logs"), { clock, log: silentLog });
    const calls = { invoke: () => Promise.reject(new Error("logs calls nobody")) };
    const state = await openLogs({ clock, ids: randomIds, log: silentLog, calls, accountId, database, appendLogs });
    const bench = new LogsBench(state, appendLogs, database, clock);
    t.after(() => bench[Symbol.asyncDispose]());
    return bench;
  }

  async call<Input, Output>(
    operation: Operation<Input, Output, LogsState>,
    input: Present<Input>,
    options: CallOptions = {},
  ): Promise<Output> {
    return operation(input, {
      state: this.state,
      service: "logs",
      operation: "",
      requestId: "request-1",
      accountId,
      region: "eu-central-1",
      principal: options.as ?? rootPrincipal(accountId),
      endpoint: "http://127.0.0.1:4566",
      signal: options.signal ?? new AbortController().signal,
    });
  }

  /** Makes the group `g` with these streams. */
  async makeStreams(...names: string[]): Promise<void> {
    await this.call(createLogGroup, { logGroupName: "g" });
    for (const logStreamName of names) await this.call(createLogStream, { logGroupName: "g", logStreamName });
  }

  /** Puts events into a stream of `g`: offsets from now in milliseconds, with messages. */
  async put(logStreamName: string, ...events: Array<[offsetMs: number, message: string]>): Promise<void> {
    const logEvents = events.map(([offsetMs, message]) => ({ timestamp: this.clock.now() + offsetMs, message }));
    await this.call(putLogEvents, { logGroupName: "g", logStreamName, logEvents });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.appendLogs[Symbol.asyncDispose]();
    await this.#database[Symbol.asyncDispose]();
  }
}

/** For assert.rejects: this code and this message. */
export const awsError = (code: string, message?: string | RegExp): { name: string; message?: string | RegExp } => ({
  name: code,
  ...(message !== undefined && { message }),
});

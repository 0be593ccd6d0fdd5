/** Asynchronous invocations that were accepted and are not done: every SQL statement of theirs. */
import type { Database } from "#storage/database.ts";
import { queryBuilder } from "#storage/query-builder.ts";
import type { FunctionReference } from "./function-name.ts";

export interface AsyncEvent {
  /** The request id of the call that was accepted; it stays the same over all attempts. */
  id: string;
  target: FunctionReference;
  payload: Uint8Array;
  context: AsyncContext;
  /** How often the function has failed. */
  attempt: number;
  acceptedMs: number;
  /** Not before. */
  dueMs: number;
}

/** What of the request the function sees besides its payload. */
export interface AsyncContext {
  clientContext?: string;
  traceId: string;
  tenantId?: string;
}

interface Tables {
  lambda_async_events: {
    id: string;
    account_id: string;
    region: string;
    name: string;
    qualifier: string | null;
    payload: Uint8Array;
    context: string;
    attempt: number;
    accepted_ms: number;
    due_ms: number;
  };
}

const sql = queryBuilder<Tables>();

export class EventStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Resolves when the event is on disk. */
  async add(event: AsyncEvent): Promise<void> {
    const row = {
      id: event.id,
      account_id: event.target.accountId,
      region: event.target.region,
      name: event.target.name,
      qualifier: event.target.qualifier ?? null,
      payload: event.payload,
      context: JSON.stringify(event.context),
      attempt: event.attempt,
      accepted_ms: event.acceptedMs,
      due_ms: event.dueMs,
    };
    await this.#database.write([{ query: sql.insertInto("lambda_async_events").values(row).compile() }]);
  }

  /** Ids of up to `limit` events, those due first first. Their payloads, a megabyte each at worst, are read one by one. */
  async due(nowMs: number, limit: number): Promise<string[]> {
    const query = sql.selectFrom("lambda_async_events").select("id").where("due_ms", "<=", nowMs).orderBy("due_ms").limit(limit);
    return (await this.#database.read(query.compile())).map(({ id }) => id);
  }

  /** Undefined if it is done. */
  async find(id: string): Promise<AsyncEvent | undefined> {
    const [row] = await this.#database.read(sql.selectFrom("lambda_async_events").selectAll().where("id", "=", id).compile());
    if (row === undefined) return undefined;
    return {
      id: row.id,
      target: {
        accountId: row.account_id,
        region: row.region,
        name: row.name,
        ...(row.qualifier !== null && { qualifier: row.qualifier }),
      },
      payload: row.payload,
      context: JSON.parse(row.context) as AsyncContext,
      attempt: row.attempt,
      acceptedMs: row.accepted_ms,
      dueMs: row.due_ms,
    };
  }

  /** When the next event falls due, in epoch milliseconds. */
  async nextDueMs(afterMs: number): Promise<number | undefined> {
    const query = sql.selectFrom("lambda_async_events").select("due_ms").where("due_ms", ">", afterMs).orderBy("due_ms").limit(1);
    return (await this.#database.read(query.compile()))[0]?.due_ms;
  }

  async postpone(id: string, attempt: number, dueMs: number): Promise<void> {
    await this.#database.write([
      { query: sql.updateTable("lambda_async_events").set({ attempt, due_ms: dueMs }).where("id", "=", id).compile() },
    ]);
  }

  async remove(id: string): Promise<void> {
    await this.#database.write([{ query: sql.deleteFrom("lambda_async_events").where("id", "=", id).compile() }]);
  }
}

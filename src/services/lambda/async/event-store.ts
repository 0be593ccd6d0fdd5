/** Asynchronous events that were accepted and are not done: every SQL statement of theirs. */
import type { Database } from "#storage/database.ts";
import { queryBuilder, withParameters } from "#storage/query-builder.ts";
import { type FunctionId, functionArn, parseFunctionName } from "../function-name.ts";
import type { AsyncContext, AsyncEvent } from "./event.ts";

interface Tables {
  lambda_queued_events: {
    sequence: number;
    request_id: string;
    function_arn: string;
    qualifier: string | null;
    due_ms: number;
    accepted_ms: number;
    payload: Uint8Array;
    context: string;
    progress: string;
  };
}

const table = "lambda_queued_events";
const sql = queryBuilder<Tables>();

export class EventStore {
  readonly #database: Database;
  #lastSequence: number;

  private constructor(database: Database, lastSequence: number) {
    this.#database = database;
    this.#lastSequence = lastSequence;
  }

  static async open(database: Database): Promise<EventStore> {
    const last = sql.selectFrom(table).select("sequence").orderBy("sequence", "desc").limit(1);
    const [row] = await database.read(last.compile());
    return new EventStore(database, row?.sequence ?? 0);
  }

  /** Resolves with the event, which has its place in the queue now, when it is on disk. */
  async add(accepted: Omit<AsyncEvent, "sequence">): Promise<AsyncEvent> {
    const event = { ...accepted, sequence: ++this.#lastSequence };
    await this.#database.write([{ query: withParameters(insertion, Object.values(toRow(event))) }]);
    return event;
  }

  /** Functions with events that fall due within a stretch of time, its ends included. */
  async functionsDue(fromMs: number, untilMs: number): Promise<string[]> {
    const query = sql.selectFrom(table).select("function_arn").distinct().where("due_ms", ">=", fromMs).where("due_ms", "<=", untilMs);
    return (await this.#database.read(query.compile())).map((row) => row.function_arn);
  }

  /** Up to `limit` events of a function that are due, those due first first. Payloads, a megabyte each at worst, are read one by one. */
  async due(arn: string, nowMs: number, limit: number): Promise<number[]> {
    const query = sql
      .selectFrom(table)
      .select("sequence")
      .where("function_arn", "=", arn)
      .where("due_ms", "<=", nowMs)
      .orderBy("due_ms")
      .limit(limit);
    return (await this.#database.read(query.compile())).map(({ sequence }) => sequence);
  }

  /** When the next event falls due, in epoch milliseconds. */
  async nextDueMs(afterMs: number): Promise<number | undefined> {
    const query = sql.selectFrom(table).select("due_ms").where("due_ms", ">", afterMs).orderBy("due_ms").limit(1);
    return (await this.#database.read(query.compile()))[0]?.due_ms;
  }

  /** Undefined if it is done. */
  async find(sequence: number): Promise<AsyncEvent | undefined> {
    const query = sql.selectFrom(table).selectAll().where("sequence", "=", sequence);
    const [row] = await this.#database.read(query.compile());
    return row && toEvent(row);
  }

  /** Writes how far an event has come. */
  async update(event: AsyncEvent): Promise<void> {
    const { due_ms, progress } = toRow(event);
    const update = sql.updateTable(table).set({ due_ms, progress }).where("sequence", "=", event.sequence);
    await this.#database.write([{ query: update.compile() }]);
  }

  async remove({ sequence }: AsyncEvent): Promise<void> {
    await this.#database.write([{ query: withParameters(removal, [sequence]) }]);
  }
}

/** What changes in the life of an event. */
type Progress = Pick<AsyncEvent, "failures" | "refusals" | "lastRefusal" | "settlement">;

const progressOf = ({ failures, refusals, lastRefusal, settlement }: AsyncEvent) => ({ failures, refusals, lastRefusal, settlement });

function toRow(event: AsyncEvent): Tables[typeof table] {
  const { sequence, requestId, target, payload, context, acceptedMs, dueMs } = event;
  return {
    sequence,
    request_id: requestId,
    function_arn: functionArn(target),
    qualifier: target.qualifier ?? null,
    due_ms: dueMs,
    accepted_ms: acceptedMs,
    payload,
    context: JSON.stringify(context),
    progress: JSON.stringify(progressOf(event)),
  };
}

function toEvent(row: Tables[typeof table]): AsyncEvent {
  return {
    sequence: row.sequence,
    requestId: row.request_id,
    target: { ...functionOf(row.function_arn), ...(row.qualifier !== null && { qualifier: row.qualifier }) },
    payload: row.payload,
    context: JSON.parse(row.context) as AsyncContext,
    acceptedMs: row.accepted_ms,
    dueMs: row.due_ms,
    ...(JSON.parse(row.progress) as Progress),
  };
}

function functionOf(arn: string): FunctionId {
  const [, , , region = "", accountId = ""] = arn.split(":");
  return parseFunctionName(arn, { accountId, region });
}

/** Every event passes these two. The row of any event has its columns in this order: `toRow` makes them all. */
const insertion = sql
  .insertInto(table)
  .values(
    toRow({
      sequence: 0,
      requestId: "",
      target: { accountId: "", region: "", name: "", qualifier: "" },
      payload: Buffer.alloc(0),
      context: { traceId: "" },
      acceptedMs: 0,
      dueMs: 0,
      failures: 0,
      refusals: 0,
    }),
  )
  .compile();
const removal = sql.deleteFrom(table).where("sequence", "=", 0).compile();

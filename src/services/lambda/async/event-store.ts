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
  async add(accepted: Accepted): Promise<AsyncEvent> {
    const { requestId, target, payload, context, acceptedMs, dueMs, failures, refusals } = accepted;
    const event = { sequence: ++this.#lastSequence, requestId, target, payload, context, acceptedMs, dueMs, failures, refusals };
    await this.#database.write([{ query: withParameters(insertion, valuesOf(event)) }]);
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
    const [row] = await this.#database.read(withParameters(finding, [sequence]));
    return row && toEvent(row);
  }

  /** Writes how far an event has come. */
  async update(event: AsyncEvent): Promise<void> {
    const progress = JSON.stringify(progressOf(event));
    const update = sql.updateTable(table).set({ due_ms: event.dueMs, progress }).where("sequence", "=", event.sequence);
    await this.#database.write([{ query: update.compile() }]);
  }

  async remove({ sequence }: AsyncEvent): Promise<void> {
    await this.#database.write([{ query: withParameters(removal, [sequence]) }]);
  }
}

/** What changes in the life of an event. */
type Progress = Pick<AsyncEvent, "failures" | "refusals" | "lastRefusal" | "settlement">;

const progressOf = ({ failures, refusals, lastRefusal, settlement }: AsyncEvent) => ({ failures, refusals, lastRefusal, settlement });

type Row = Tables[typeof table];

/** An event that has not been tried yet. */
type Accepted = Pick<AsyncEvent, "requestId" | "target" | "payload" | "context" | "acceptedMs" | "dueMs"> & { failures: 0; refusals: 0 };

/** The values of a new row, in the order of `columns`. */
const valuesOf = ({ sequence, requestId, target, payload, context, acceptedMs, dueMs }: AsyncEvent): Array<Row[keyof Row]> => [
  sequence,
  requestId,
  functionArn(target),
  target.qualifier ?? null,
  dueMs,
  acceptedMs,
  payload,
  JSON.stringify(context),
  noProgress,
];

function toEvent(row: Row): AsyncEvent {
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

const noProgress = JSON.stringify({ failures: 0, refusals: 0 } satisfies Progress);

/** Every event passes these, so they are compiled once. */
const columns: Row = {
  sequence: 0,
  request_id: "",
  function_arn: "",
  qualifier: "",
  due_ms: 0,
  accepted_ms: 0,
  payload: Buffer.alloc(0),
  context: "",
  progress: "",
};
const insertion = sql.insertInto(table).values(columns).compile();
const finding = sql.selectFrom(table).selectAll().where("sequence", "=", 0).compile();
const removal = sql.deleteFrom(table).where("sequence", "=", 0).compile();

/** Every SQL statement of this service. */
import { type Database, RowCountMismatch, type Statement } from "#storage/database.ts";
import { queryBuilder } from "#storage/query-builder.ts";
import { longestTraceMs, sweepBatch, traceBytes } from "./limits.ts";
import { initial } from "./migrations/0001-initial.ts";
import type { StandingSegment } from "./segment.ts";

interface Scope {
  accountId: string;
  region: string;
}

interface TraceRow {
  account_id: string;
  region: string;
  trace_id: string;
  /** Of the segments that came so far. */
  started_ms: number;
  ended_ms: number;
  updated_ms: number;
  size_bytes: number;
}

interface Tables {
  xray_traces: TraceRow;
  xray_segments: { account_id: string; region: string; trace_id: string; segment_id: string; document: string };
}

/** Which traces: those that began, that were active, or that ended in the range. */
export interface TraceRange {
  by: "start" | "activity" | "end";
  fromMs: number;
  /** First millisecond no more. */
  untilMs: number;
  /** The last one of the page before. */
  after?: Pick<TraceRow, "started_ms" | "trace_id"> | undefined;
  limit: number;
}

export type FoundTrace = Pick<TraceRow, "trace_id" | "started_ms" | "size_bytes">;

const sql = queryBuilder<Tables>();

export class XrayStore {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(database: Database): Promise<XrayStore> {
    await database.migrate("xray", [initial]);
    return new XrayStore(database);
  }

  /** Resolves when they are on disk. What a trace has no room for is not kept, but counted. */
  async put(scope: Scope, segments: ReadonlyArray<{ segment: StandingSegment; text: string }>, nowMs: number): Promise<void> {
    await this.#database.write(segments.flatMap(({ segment, text }) => putStatements(scope, segment, text, nowMs)));
  }

  /** Newest first. */
  find({ accountId, region }: Scope, { by, fromMs, untilMs, after, limit }: TraceRange): Promise<FoundTrace[]> {
    let query = sql
      .selectFrom("xray_traces")
      .select(["trace_id", "started_ms", "size_bytes"])
      .where("account_id", "=", accountId)
      .where("region", "=", region)
      .where("started_ms", "<", untilMs)
      .where("started_ms", ">=", by === "start" ? fromMs : fromMs - longestTraceMs);
    if (by !== "start") query = query.where("ended_ms", ">=", fromMs);
    if (by === "end") query = query.where("ended_ms", "<", untilMs);
    if (after) {
      query = query.where(({ and, eb, or }) =>
        or([eb("started_ms", "<", after.started_ms), and([eb("started_ms", "=", after.started_ms), eb("trace_id", "<", after.trace_id)])]),
      );
    }
    return this.#database.read(query.orderBy("started_ms", "desc").orderBy("trace_id", "desc").limit(limit).compile());
  }

  /** Those of the traces that are there, and how large each is. */
  sizes({ accountId, region }: Scope, traceIds: readonly string[]): Promise<Array<Pick<TraceRow, "trace_id" | "size_bytes">>> {
    const query = sql.selectFrom("xray_traces").select(["trace_id", "size_bytes"]).where("account_id", "=", accountId);
    return this.#database.read(query.where("region", "=", region).where("trace_id", "in", traceIds).compile());
  }

  documents({ accountId, region }: Scope, traceIds: readonly string[]): Promise<Array<{ trace_id: string; document: string }>> {
    const query = sql.selectFrom("xray_segments").select(["trace_id", "document"]).where("account_id", "=", accountId);
    return this.#database.read(query.where("region", "=", region).where("trace_id", "in", traceIds).compile());
  }

  /** Removes traces to which nothing came since, a batch at most; resolves with how many were looked at. */
  async expire(beforeMs: number): Promise<number> {
    const query = sql.selectFrom("xray_traces").select(["account_id", "region", "trace_id"]).where("updated_ms", "<", beforeMs);
    const old = await this.#database.read(query.limit(sweepBatch).compile());
    await Promise.all(old.map((trace) => this.#remove(trace, beforeMs)));
    return old.length;
  }

  async #remove({ account_id, region, trace_id }: Pick<TraceRow, "account_id" | "region" | "trace_id">, beforeMs: number): Promise<void> {
    const trace = sql.deleteFrom("xray_traces").where("account_id", "=", account_id).where("region", "=", region);
    const segments = sql.deleteFrom("xray_segments").where("account_id", "=", account_id).where("region", "=", region);
    const unit: Statement[] = [
      { query: trace.where("trace_id", "=", trace_id).where("updated_ms", "<", beforeMs).compile(), expectRows: 1 },
      { query: segments.where("trace_id", "=", trace_id).compile() },
    ];
    await this.#database.write(unit).catch((error: unknown) => {
      // A segment has come for it just now.
      if (!(error instanceof RowCountMismatch)) throw error;
    });
  }
}

function putStatements({ accountId, region }: Scope, segment: StandingSegment, document: string, nowMs: number): Statement[] {
  const startedMs = Math.floor(segment.start_time * 1_000);
  const row = {
    account_id: accountId,
    region,
    trace_id: segment.trace_id,
    started_ms: startedMs,
    ended_ms: Math.max(startedMs, Math.floor((segment.end_time ?? 0) * 1_000)),
    updated_ms: nowMs,
    size_bytes: Buffer.byteLength(document),
  };
  const { trace_id } = row;
  const trace = sql.insertInto("xray_traces").values(row);
  const counted = trace.onConflict((conflict) =>
    conflict.columns(["account_id", "region", "trace_id"]).doUpdateSet(({ eb, ref }) => ({
      started_ms: eb
        .case()
        .when(ref("xray_traces.started_ms"), "<", row.started_ms)
        .then(ref("xray_traces.started_ms"))
        .else(row.started_ms)
        .end(),
      ended_ms: eb.case().when(ref("xray_traces.ended_ms"), ">", row.ended_ms).then(ref("xray_traces.ended_ms")).else(row.ended_ms).end(),
      updated_ms: nowMs,
      size_bytes: eb(ref("xray_traces.size_bytes"), "+", row.size_bytes),
    })),
  );
  const room = sql
    .selectFrom("xray_traces")
    .select(({ val }) => [
      val(accountId).as("account_id"),
      val(region).as("region"),
      val(trace_id).as("trace_id"),
      val(segment.id).as("segment_id"),
      val(document).as("document"),
    ])
    .where("account_id", "=", accountId)
    .where("region", "=", region)
    .where("trace_id", "=", trace_id)
    .where("size_bytes", "<=", traceBytes);
  const kept = sql
    .insertInto("xray_segments")
    .columns(["account_id", "region", "trace_id", "segment_id", "document"])
    .expression(room)
    .onConflict((conflict) => conflict.columns(["account_id", "region", "trace_id", "segment_id"]).doUpdateSet({ document }));
  return [{ query: counted.compile() }, { query: kept.compile() }];
}

import type { Database, Statement } from "#storage/database.ts";
import { queryBuilder, withParameters } from "#storage/query-builder.ts";

export interface GroupRow {
  id: string;
  account_id: string;
  region: string;
  name: string;
  class: string;
  created_at_ms: number;
  retention_days: number | null;
  kms_key_id: string | null;
  is_protected: number;
  stored_bytes: number;
}

export interface StreamRow {
  id: string;
  group_id: string;
  name: string;
  created_at_ms: number;
  first_event_ms: number | null;
  /** 0 while there is none: it is sorted by. */
  last_event_ms: number;
  last_ingestion_ms: number | null;
}

interface Tables {
  logs_groups: GroupRow;
  logs_streams: StreamRow;
  logs_tags: { group_id: string; key: string; value: string };
}

/** Whose groups. */
export interface Scope {
  accountId: string;
  region: string;
}

export interface StreamListing {
  prefix?: string | undefined;
  orderBy: "name" | "last_event_ms";
  isDescending: boolean;
  /** The last stream of the page before. */
  after?: Pick<StreamRow, "name" | "last_event_ms"> | undefined;
  limit?: number | undefined;
}

const sql = queryBuilder<Tables>();

/** Comes after every text that begins with the prefix: no character is greater. */
const endOfPrefix = (prefix: string): string => `${prefix}\u{10ffff}`;

/** SQLite and PostgreSQL both bound the number of parameters of a statement. */
const idsPerStatement = 500;

/** Every SQL statement of this service. */
export class LogsStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Rejects with UniqueViolation if the name is taken. */
  async createGroup(row: GroupRow, tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#database.write([{ query: sql.insertInto("logs_groups").values(row).compile() }, ...upsertTags(row.id, tags)]);
  }

  async findGroup({ accountId, region }: Scope, name: string): Promise<GroupRow | undefined> {
    const query = sql
      .selectFrom("logs_groups")
      .selectAll()
      .where("account_id", "=", accountId)
      .where("region", "=", region)
      .where("name", "=", name);
    return (await this.#database.read(query.compile()))[0];
  }

  /** By name. */
  listGroups({ accountId, region }: Scope, prefix = "", after = ""): Promise<GroupRow[]> {
    const query = sql.selectFrom("logs_groups").selectAll().where("account_id", "=", accountId).where("region", "=", region);
    const bounded = query.where("name", ">=", prefix).where("name", "<", endOfPrefix(prefix)).where("name", ">", after);
    return this.#database.read(bounded.orderBy("name").compile());
  }

  /** Of every account and region. */
  allGroups(): Promise<GroupRow[]> {
    return this.#database.read(sql.selectFrom("logs_groups").selectAll().compile());
  }

  /** Rejects with RowCountMismatch if the group is gone. */
  async updateGroup(id: string, change: Partial<Pick<GroupRow, "retention_days" | "is_protected">>): Promise<void> {
    await this.#database.write([{ query: sql.updateTable("logs_groups").set(change).where("id", "=", id).compile(), expectRows: 1 }]);
  }

  async deleteGroup(id: string): Promise<void> {
    await this.#database.write([
      { query: sql.deleteFrom("logs_groups").where("id", "=", id).compile(), expectRows: 1 },
      { query: sql.deleteFrom("logs_streams").where("group_id", "=", id).compile() },
      { query: sql.deleteFrom("logs_tags").where("group_id", "=", id).compile() },
    ]);
  }

  /** Rejects with UniqueViolation if the name is taken, with RowCountMismatch if the group is gone. */
  async createStream(row: StreamRow): Promise<void> {
    const { id, group_id, name, created_at_ms, first_event_ms, last_event_ms, last_ingestion_ms } = row;
    await this.#database.write([
      { query: withParameters(aGroupHeld, [group_id, group_id]), expectRows: 1 },
      { query: withParameters(aStream, [id, group_id, name, created_at_ms, first_event_ms, last_event_ms, last_ingestion_ms]) },
    ]);
  }

  async findStream(groupId: string, name: string): Promise<StreamRow | undefined> {
    const query = sql.selectFrom("logs_streams").selectAll().where("group_id", "=", groupId).where("name", "=", name);
    return (await this.#database.read(query.compile()))[0];
  }

  listStreams(groupId: string, { prefix = "", orderBy, isDescending, after, limit }: StreamListing): Promise<StreamRow[]> {
    const direction = isDescending ? "desc" : "asc";
    const beyond = isDescending ? "<" : ">";
    let query = sql.selectFrom("logs_streams").selectAll().where("group_id", "=", groupId);
    if (prefix !== "") query = query.where("name", ">=", prefix).where("name", "<", endOfPrefix(prefix));
    if (after && orderBy === "name") query = query.where("name", beyond, after.name);
    if (after && orderBy === "last_event_ms") {
      query = query.where(({ and, eb, or }) =>
        or([
          eb("last_event_ms", beyond, after.last_event_ms),
          and([eb("last_event_ms", "=", after.last_event_ms), eb("name", beyond, after.name)]),
        ]),
      );
    }
    if (orderBy === "last_event_ms") query = query.orderBy("last_event_ms", direction);
    query = query.orderBy("name", direction);
    return this.#database.read((limit === undefined ? query : query.limit(limit)).compile());
  }

  async streamNames(ids: readonly string[]): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    for (let start = 0; start < ids.length; start += idsPerStatement) {
      const query = sql
        .selectFrom("logs_streams")
        .select(["id", "name"])
        .where("id", "in", ids.slice(start, start + idsPerStatement));
      for (const { id, name } of await this.#database.read(query.compile())) names.set(id, name);
    }
    return names;
  }

  async deleteStream(id: string): Promise<void> {
    await this.#database.write([{ query: sql.deleteFrom("logs_streams").where("id", "=", id).compile(), expectRows: 1 }]);
  }

  /** Writes down what streams and groups have received; those that are gone are passed over. */
  async saveActivity(
    streams: ReadonlyArray<Pick<StreamRow, "id" | "first_event_ms" | "last_event_ms" | "last_ingestion_ms">>,
    groups: ReadonlyArray<Pick<GroupRow, "id" | "stored_bytes">>,
  ): Promise<void> {
    await this.#database.write([
      ...streams.map(({ id, ...change }) => ({ query: sql.updateTable("logs_streams").set(change).where("id", "=", id).compile() })),
      ...groups.map(({ id, ...change }) => ({ query: sql.updateTable("logs_groups").set(change).where("id", "=", id).compile() })),
    ]);
  }

  async tags(groupId: string): Promise<Record<string, string>> {
    const rows = await this.#database.read(
      sql.selectFrom("logs_tags").select(["key", "value"]).where("group_id", "=", groupId).orderBy("key").compile(),
    );
    return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  }

  async putTags(groupId: string, tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#database.write(upsertTags(groupId, tags));
  }

  async deleteTags(groupId: string, keys: readonly string[]): Promise<void> {
    await this.#database.write([
      {
        query: sql
          .deleteFrom("logs_tags")
          .where("group_id", "=", groupId)
          .where("key", "in", [...keys])
          .compile(),
      },
    ]);
  }
}

// Compiled once: each environment has a stream.
const aGroupHeld = sql.updateTable("logs_groups").set({ id: "" }).where("id", "=", "").compile();
const aStream = sql
  .insertInto("logs_streams")
  .values({ id: "", group_id: "", name: "", created_at_ms: 0, first_event_ms: null, last_event_ms: 0, last_ingestion_ms: null })
  .compile();

const upsertTags = (groupId: string, tags: Readonly<Record<string, string>>): Statement[] =>
  Object.entries(tags).map(([key, value]) => ({
    query: sql
      .insertInto("logs_tags")
      .values({ group_id: groupId, key, value })
      .onConflict((conflict) => conflict.columns(["group_id", "key"]).doUpdateSet({ value }))
      .compile(),
  }));

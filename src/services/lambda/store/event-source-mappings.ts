/** Event source mappings: every SQL statement of theirs. */
import { type Database, UniqueViolation } from "#storage/database.ts";
import { queryBuilder } from "#storage/query-builder.ts";
import { mappingConflict, sourceKey } from "../event-sources/duplicates.ts";
import type { Mapping } from "../event-sources/mapping.ts";
import type { Scope } from "../function-name.ts";
import { writeExpecting } from "./tables.ts";

interface Tables {
  lambda_event_source_mappings: {
    account_id: string;
    region: string;
    uuid: string;
    function_arn: string;
    source_arn: string | null;
    source_key: string;
    revision: number;
    settles_ms: number | null;
    tags: string;
    mapping: string;
  };
}

type Tags = Record<string, string>;
type Key = Pick<Mapping, "accountId" | "region" | "uuid">;

export interface MappingFilter {
  functionArn?: string | undefined;
  sourceArn?: string | undefined;
}

const table = "lambda_event_source_mappings";
const sql = queryBuilder<Tables>();

export class EventSourceMappingStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Rejects with ResourceConflictException if the function is mapped to that source already. */
  async create(mapping: Mapping, tags: Tags): Promise<void> {
    const insertion = sql.insertInto(table).values({ ...toRow(mapping), tags: JSON.stringify(tags) });
    await this.#refusingDuplicates(mapping, () => this.#database.write([{ query: insertion.compile() }]));
  }

  async find(key: Key): Promise<Mapping | undefined> {
    const [row] = await this.#database.read(
      sql
        .selectFrom(table)
        .select("mapping")
        .where(({ and }) => and(keyOf(key)))
        .compile(),
    );
    return row && toMapping(row);
  }

  /** Writes the next revision of a mapping; false if somebody was faster, or it is gone. Rejects as `create` does. */
  replace(next: Mapping): Promise<boolean> {
    const update = sql
      .updateTable(table)
      .set(toRow(next))
      .where(({ and }) => and({ ...keyOf(next), revision: next.revision - 1 }));
    return this.#refusingDuplicates(next, () => writeExpecting(this.#database, [{ query: update.compile(), expectRows: 1 }]));
  }

  async delete(mapping: Mapping): Promise<void> {
    const removal = sql.deleteFrom(table).where(({ and }) => and({ ...keyOf(mapping), revision: mapping.revision }));
    await this.#database.write([{ query: removal.compile() }]);
  }

  /** Up to `limit` mappings after one, by UUID; all, or those with these ends. */
  async list(
    { accountId, region }: Scope,
    { functionArn, sourceArn }: MappingFilter,
    afterUuid: string,
    limit: number,
  ): Promise<Mapping[]> {
    const ends = {
      ...(functionArn !== undefined && { function_arn: functionArn }),
      ...(sourceArn !== undefined && { source_arn: sourceArn }),
    };
    const query = sql
      .selectFrom(table)
      .select("mapping")
      .where(({ and }) => and({ account_id: accountId, region, ...ends }))
      .where("uuid", ">", afterUuid)
      .orderBy("uuid")
      .limit(limit);
    return (await this.#database.read(query.compile())).map(toMapping);
  }

  /** Up to `limit` mappings of all accounts after one, by UUID. */
  async all(afterUuid: string, limit: number): Promise<Mapping[]> {
    const query = sql.selectFrom(table).select("mapping").where("uuid", ">", afterUuid).orderBy("uuid").limit(limit);
    return (await this.#database.read(query.compile())).map(toMapping);
  }

  /** Mappings on their way to another state, those that get there first first. */
  async underWay(limit: number): Promise<Mapping[]> {
    const query = sql.selectFrom(table).select("mapping").where("settles_ms", "is not", null).orderBy("settles_ms").limit(limit);
    return (await this.#database.read(query.compile())).map(toMapping);
  }

  /** Undefined if there is no such mapping. */
  async tags(key: Key): Promise<Tags | undefined> {
    const [row] = await this.#database.read(
      sql
        .selectFrom(table)
        .select("tags")
        .where(({ and }) => and(keyOf(key)))
        .compile(),
    );
    return row && (JSON.parse(row.tags) as Tags);
  }

  /** Replaces the tags if they are still `previous`; false if not. */
  replaceTags(key: Key, previous: Tags, next: Tags): Promise<boolean> {
    const where = { ...keyOf(key), tags: JSON.stringify(previous) };
    const update = sql
      .updateTable(table)
      .set({ tags: JSON.stringify(next) })
      .where(({ and }) => and(where));
    return writeExpecting(this.#database, [{ query: update.compile(), expectRows: 1 }]);
  }

  async #refusingDuplicates<Result>(mapping: Mapping, write: () => Promise<Result>): Promise<Result> {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error;
      const { accountId: account_id, region, functionArn: function_arn } = mapping;
      const ends = { account_id, region, function_arn, source_key: sourceKey(mapping) };
      const [existing] = await this.#database.read(
        sql
          .selectFrom(table)
          .select("uuid")
          .where(({ and }) => and(ends))
          .compile(),
      );
      throw mappingConflict(mapping, existing?.uuid ?? "");
    }
  }
}

const keyOf = ({ accountId, region, uuid }: Key): { account_id: string; region: string; uuid: string } => ({
  account_id: accountId,
  region,
  uuid,
});

const toRow = (mapping: Mapping): Omit<Tables[typeof table], "tags"> => ({
  ...keyOf(mapping),
  function_arn: mapping.functionArn,
  source_arn: mapping.sourceArn ?? null,
  source_key: sourceKey(mapping),
  revision: mapping.revision,
  settles_ms: mapping.settlesMs ?? null,
  mapping: JSON.stringify(mapping),
});

function toMapping({ mapping }: { mapping: string }): Mapping {
  return JSON.parse(mapping, (name, value: unknown) =>
    name === "StartingPositionTimestamp" ? new Date(value as string) : value,
  ) as Mapping;
}

/** Code signing configurations: every SQL statement of theirs. */
import type { Database } from "#storage/database.ts";
import { queryBuilder } from "#storage/query-builder.ts";
import type { CodeSigningConfiguration, CodeSigningId } from "../satellites/code-signing.ts";
import type { Scope } from "../function-name.ts";
import { writeExpecting } from "./tables.ts";

interface Tables {
  lambda_code_signing_configs: { account_id: string; region: string; id: string; content: string; tags: string };
  lambda_satellites: { kind: string; lookup: string | null };
}

type Tags = Record<string, string>;

const sql = queryBuilder<Tables>();
const keyOf = ({ accountId, region, id }: CodeSigningId) => ({ account_id: accountId, region, id });

export class CodeSigningStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(configuration: CodeSigningConfiguration, tags: Tags): Promise<void> {
    const row = { ...keyOf(configuration), content: JSON.stringify(configuration), tags: JSON.stringify(tags) };
    await this.#database.write([{ query: sql.insertInto("lambda_code_signing_configs").values(row).compile() }]);
  }

  async find(id: CodeSigningId): Promise<CodeSigningConfiguration | undefined> {
    const query = sql
      .selectFrom("lambda_code_signing_configs")
      .select("content")
      .where(({ and }) => and(keyOf(id)));
    return (await this.#database.read(query.compile())).map(toConfiguration)[0];
  }

  /** Up to `limit` after an id, by id. */
  async list({ accountId, region }: Scope, afterId: string, limit: number): Promise<CodeSigningConfiguration[]> {
    const query = sql
      .selectFrom("lambda_code_signing_configs")
      .select("content")
      .where(({ and }) => and({ account_id: accountId, region }))
      .where("id", ">", afterId)
      .orderBy("id")
      .limit(limit);
    return (await this.#database.read(query.compile())).map(toConfiguration);
  }

  /** False if there is none any more. */
  replace(next: CodeSigningConfiguration): Promise<boolean> {
    const update = sql
      .updateTable("lambda_code_signing_configs")
      .set({ content: JSON.stringify(next) })
      .where(({ and }) => and(keyOf(next)));
    return writeExpecting(this.#database, [{ query: update.compile(), expectRows: 1 }]);
  }

  /** Removes one that no function uses; false if one does, or there is none. */
  remove(id: CodeSigningId, arn: string): Promise<boolean> {
    const removal = sql
      .deleteFrom("lambda_code_signing_configs")
      .where(({ and }) => and(keyOf(id)))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("lambda_satellites")
              .select("lookup")
              .where(({ and }) => and({ kind: "code-signing", lookup: arn })),
          ),
        ),
      );
    return writeExpecting(this.#database, [{ query: removal.compile(), expectRows: 1 }]);
  }

  /** Undefined if there is no such configuration. */
  async tags(id: CodeSigningId): Promise<Tags | undefined> {
    const query = sql
      .selectFrom("lambda_code_signing_configs")
      .select("tags")
      .where(({ and }) => and(keyOf(id)));
    const [row] = await this.#database.read(query.compile());
    return row && (JSON.parse(row.tags) as Tags);
  }

  /** Replaces the tags if they are still `previous`; false if not. */
  replaceTags(id: CodeSigningId, previous: Tags, next: Tags): Promise<boolean> {
    const update = sql
      .updateTable("lambda_code_signing_configs")
      .set({ tags: JSON.stringify(next) })
      .where(({ and }) => and({ ...keyOf(id), tags: JSON.stringify(previous) }));
    return writeExpecting(this.#database, [{ query: update.compile(), expectRows: 1 }]);
  }
}

const toConfiguration = ({ content }: { content: string }): CodeSigningConfiguration => JSON.parse(content) as CodeSigningConfiguration;

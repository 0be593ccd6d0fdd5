/** Every SQL statement of functions; that of asynchronous events is in event-store.ts. */
import { type Database, RowCountMismatch, type Statement, UniqueViolation } from "#storage/database.ts";
import { queryBuilder } from "#storage/query-builder.ts";
import { type FunctionId, functionArn } from "./function-name.ts";
import { type FunctionVersion, isSettling } from "./function-version.ts";
import { functionNotFound, resourceConflict } from "./errors.ts";
import { functions } from "./migrations/0001-functions.ts";

interface Tables {
  lambda_functions: { account_id: string; region: string; name: string; tags: string };
  lambda_versions: {
    account_id: string;
    region: string;
    name: string;
    version: string;
    revision_id: string;
    code_digest: string;
    code_bytes: number;
    is_settling: number;
    configuration: string;
  };
}

const sql = queryBuilder<Tables>();

/** Functions that were read or written lately; the invoke path reads nothing else. */
const maximumCached = 10_000;

export class FunctionStore {
  readonly #database: Database;
  readonly #cache = new Map<string, FunctionVersion>();

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(database: Database): Promise<FunctionStore> {
    await database.migrate("lambda", [functions]);
    return new FunctionStore(database);
  }

  /** Adds a function with its $LATEST. Rejects with ResourceConflictException if the name is taken. */
  async create(latest: FunctionVersion, tags: Record<string, string>): Promise<void> {
    const { accountId: account_id, region, name } = latest;
    try {
      await this.#database.write([
        { query: sql.insertInto("lambda_functions").values({ account_id, region, name, tags: JSON.stringify(tags) }).compile() },
        { query: sql.insertInto("lambda_versions").values(toRow(latest)).compile() },
      ]);
    } catch (error) {
      if (error instanceof UniqueViolation) throw resourceConflict(`Function already exist: ${name}`);
      throw error;
    }
    this.#remember(latest);
  }

  /** One version of a function, undefined if there is none. Answers from memory where it can. */
  find(id: FunctionId, version: string): Promise<FunctionVersion | undefined> | FunctionVersion | undefined {
    return this.#cache.get(functionArn(id, version)) ?? this.#read(id, version);
  }

  /** Replaces a version if it still has `expectedRevisionId`; false if somebody was faster, or it is gone. */
  async replace(next: FunctionVersion, expectedRevisionId: string): Promise<boolean> {
    const update = sql
      .updateTable("lambda_versions")
      .set(toRow(next))
      .where("account_id", "=", next.accountId)
      .where("region", "=", next.region)
      .where("name", "=", next.name)
      .where("version", "=", next.version)
      .where("revision_id", "=", expectedRevisionId);
    const isDone = await this.#writeExpecting([{ query: update.compile(), expectRows: 1 }]);
    if (isDone) this.#remember(next);
    else this.#cache.delete(functionArn(next, next.version));
    return isDone;
  }

  /** Removes the function with all its versions; false if there is none. */
  async delete(id: FunctionId): Promise<boolean> {
    const where = { account_id: id.accountId, region: id.region, name: id.name };
    const isDone = await this.#writeExpecting([
      { query: deleteWhere("lambda_functions", where), expectRows: 1 },
      { query: deleteWhere("lambda_versions", where) },
    ]);
    const prefix = functionArn(id, "");
    for (const arn of this.#cache.keys()) if (arn.startsWith(prefix)) this.#cache.delete(arn);
    return isDone;
  }

  /** $LATEST of up to `limit` functions after `afterName`, by name. */
  async list(scope: Omit<FunctionId, "name">, afterName: string, limit: number): Promise<FunctionVersion[]> {
    const query = sql
      .selectFrom("lambda_versions")
      .select("configuration")
      .where("account_id", "=", scope.accountId)
      .where("region", "=", scope.region)
      .where("version", "=", "$LATEST")
      .where("name", ">", afterName)
      .orderBy("name")
      .limit(limit);
    return (await this.#database.read(query.compile())).map(fromRow);
  }

  /** Versions whose creation or update has not been brought to its end: work for a start after a crash. */
  async settling(): Promise<FunctionVersion[]> {
    return (await this.#database.read(sql.selectFrom("lambda_versions").select("configuration").where("is_settling", "=", 1).compile())).map(fromRow);
  }

  /** Undefined if the function does not exist. */
  async tags({ accountId, region, name }: FunctionId): Promise<Record<string, string> | undefined> {
    const query = sql.selectFrom("lambda_functions").select("tags").where("account_id", "=", accountId).where("region", "=", region).where("name", "=", name);
    const [row] = await this.#database.read(query.compile());
    return row && (JSON.parse(row.tags) as Record<string, string>);
  }

  /** Replaces the tags if they are still `previous`; false if not. */
  async replaceTags({ accountId, region, name }: FunctionId, previous: Record<string, string>, next: Record<string, string>): Promise<boolean> {
    const update = sql
      .updateTable("lambda_functions")
      .set({ tags: JSON.stringify(next) })
      .where("account_id", "=", accountId)
      .where("region", "=", region)
      .where("name", "=", name)
      .where("tags", "=", JSON.stringify(previous));
    return this.#writeExpecting([{ query: update.compile(), expectRows: 1 }]);
  }

  /** Number of functions and bytes of code, over all versions. */
  async usage({ accountId, region }: Omit<FunctionId, "name">): Promise<{ functionCount: number; codeBytes: number }> {
    const query = sql
      .selectFrom("lambda_versions")
      .select(({ fn }) => [fn.countAll<number>().as("functionCount"), fn.sum<number | null>("code_bytes").as("codeBytes")])
      .where("account_id", "=", accountId)
      .where("region", "=", region)
      .where("version", "=", "$LATEST");
    const [row] = await this.#database.read(query.compile());
    return { functionCount: row?.functionCount ?? 0, codeBytes: row?.codeBytes ?? 0 };
  }

  /** Whether some version still uses a code package. */
  async usesCode(digest: string): Promise<boolean> {
    return (await this.#database.read(sql.selectFrom("lambda_versions").select("name").where("code_digest", "=", digest).limit(1).compile())).length > 0;
  }

  async #read(id: FunctionId, version: string): Promise<FunctionVersion | undefined> {
    const query = sql
      .selectFrom("lambda_versions")
      .select("configuration")
      .where("account_id", "=", id.accountId)
      .where("region", "=", id.region)
      .where("name", "=", id.name)
      .where("version", "=", version);
    const [row] = await this.#database.read(query.compile());
    if (row === undefined) return undefined;
    const found = fromRow(row);
    this.#remember(found);
    return found;
  }

  #remember(version: FunctionVersion): void {
    if (this.#cache.size >= maximumCached) this.#cache.delete(this.#cache.keys().next().value!);
    this.#cache.set(functionArn(version, version.version), version);
  }

  async #writeExpecting(unit: readonly Statement[]): Promise<boolean> {
    try {
      await this.#database.write(unit);
      return true;
    } catch (error) {
      if (error instanceof RowCountMismatch) return false;
      throw error;
    }
  }
}

/** The version asked for. Rejects with ResourceNotFoundException, naming the ARN as the caller qualified it. */
export async function requireVersion(store: FunctionStore, id: FunctionId, version = "$LATEST", shownQualifier?: string): Promise<FunctionVersion> {
  const found = await store.find(id, version);
  if (found === undefined) throw functionNotFound(functionArn(id, shownQualifier));
  return found;
}

function deleteWhere(table: keyof Tables, where: { account_id: string; region: string; name: string }): Statement["query"] {
  const { account_id, region, name } = where;
  return sql.deleteFrom(table).where("account_id", "=", account_id).where("region", "=", region).where("name", "=", name).compile();
}

const toRow = (version: FunctionVersion): Tables["lambda_versions"] => ({
  account_id: version.accountId,
  region: version.region,
  name: version.name,
  version: version.version,
  revision_id: version.revisionId,
  code_digest: version.code.digest,
  code_bytes: version.code.sizeBytes,
  is_settling: isSettling(version) ? 1 : 0,
  configuration: JSON.stringify(version),
});

const fromRow = (row: { configuration: string }): FunctionVersion => JSON.parse(row.configuration) as FunctionVersion;

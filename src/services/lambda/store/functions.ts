/** Functions and their versions: every SQL statement of theirs. */
import { type Database, RowCountMismatch, type Statement, UniqueViolation } from "#storage/database.ts";
import { functionNotFound, resourceConflict } from "../errors.ts";
import { type FunctionId, functionArn, type Scope } from "../function-name.ts";
import { type FunctionVersion, latestVersion, versionNumber } from "../function-version.ts";
import type { Satellite } from "../satellites/satellite.ts";
import type { AliasStore } from "./aliases.ts";
import { Recent } from "./recent.ts";
import type { SatelliteStore } from "./satellites.ts";
import { digestList, keyOf, sql, toVersion, toVersionRow, writeExpecting } from "./tables.ts";

const maximumCached = 10_000;

/** A place in a list of versions: by function name, $LATEST first, then by number. */
export interface VersionPosition {
  name: string;
  number: number;
}

export class FunctionStore {
  readonly #database: Database;
  readonly #aliases: Pick<AliasStore, "forget">;
  readonly #satellites: SatelliteStore;
  readonly #recent = new Recent<FunctionVersion>(maximumCached);

  /** `aliases` and `satellites` are told of functions that are gone, and what belonged to them with them. */
  constructor(database: Database, aliases: Pick<AliasStore, "forget">, satellites: SatelliteStore) {
    this.#database = database;
    this.#aliases = aliases;
    this.#satellites = satellites;
  }

  /**
   * Adds a function with its $LATEST, what hangs on it from the beginning and, if it is published at once, the first version of it.
   * Rejects with ResourceConflictException if the name is taken.
   */
  async create(
    latest: FunctionVersion,
    tags: Record<string, string>,
    satellites: readonly Satellite[],
    published?: FunctionVersion,
  ): Promise<void> {
    const numbers = sql.insertInto("lambda_version_numbers").values({ ...keyOf(latest), last_number: 0 });
    try {
      await this.#database.write([
        {
          query: sql
            .insertInto("lambda_functions")
            .values({ ...keyOf(latest), tags: JSON.stringify(tags) })
            .compile(),
        },
        { query: insertVersion(latest) },
        { query: numbers.onConflict((conflict) => conflict.columns(["account_id", "region", "name"]).doNothing()).compile() },
        ...publication(published),
        ...satellites.map((satellite) => this.#satellites.putting(satellite)),
      ]);
    } catch (error) {
      // A number that is taken: the name was used and given up between two looks at it.
      if (error instanceof UniqueViolation || error instanceof RowCountMismatch)
        throw resourceConflict(`Function already exist: ${latest.name}`);
      throw error;
    }
    this.#satellites.forget(latest);
    this.#remember(latest);
    if (published) this.#remember(published);
  }

  /** One version of a function, undefined if there is none. Answers from memory where it can. */
  find(id: FunctionId, version: string): Promise<FunctionVersion | undefined> | FunctionVersion | undefined {
    return this.#recent.get(functionArn(id, version)) ?? this.#read(id, version);
  }

  /**
   * Replaces a version if it still has `expectedRevisionId`, and adds one that is published with it; false if somebody was faster, or it
   * is gone.
   */
  async replace(next: FunctionVersion, expectedRevisionId: string, published?: FunctionVersion): Promise<boolean> {
    const where = { ...keyOf(next), version: next.version, revision_id: expectedRevisionId };
    const update = sql
      .updateTable("lambda_versions")
      .set(toVersionRow(next))
      .where(({ and }) => and(where));
    const isDone = await writeExpecting(this.#database, [{ query: update.compile(), expectRows: 1 }, ...publication(published)]);
    if (!isDone) this.#recent.delete(functionArn(next, next.version));
    else for (const written of [next, published]) if (written) this.#remember(written);
    return isDone;
  }

  /** Gives a version a new revision together with what changes beside it; false if somebody was faster, or it is gone. */
  async revise(current: FunctionVersion, revisionId: string, beside: Statement): Promise<boolean> {
    const next = { ...current, revisionId };
    const where = { ...keyOf(current), version: current.version, revision_id: current.revisionId };
    const update = sql
      .updateTable("lambda_versions")
      .set(toVersionRow(next))
      .where(({ and }) => and(where));
    const isDone = await writeExpecting(this.#database, [{ query: update.compile(), expectRows: 1 }, beside]);
    if (isDone) this.#remember(next);
    else this.#recent.delete(functionArn(current, current.version));
    return isDone;
  }

  /** The highest number ever given to a version of that name, 0 for none. */
  async lastNumber(id: FunctionId): Promise<number> {
    const query = sql
      .selectFrom("lambda_version_numbers")
      .select("last_number")
      .where(({ and }) => and(keyOf(id)));
    return (await this.#database.read(query.compile()))[0]?.last_number ?? 0;
  }

  /** Removes the function with all that belongs to it, and returns its versions; none if it does not exist. */
  async delete(id: FunctionId): Promise<FunctionVersion[]> {
    const removal = sql.deleteFrom("lambda_versions").where(({ and }) => and(keyOf(id)));
    const [versions] = await this.#database.write([
      { query: removal.returning("configuration").compile() },
      {
        query: sql
          .deleteFrom("lambda_functions")
          .where(({ and }) => and(keyOf(id)))
          .compile(),
      },
      {
        query: sql
          .deleteFrom("lambda_aliases")
          .where(({ and }) => and(keyOf(id)))
          .compile(),
      },
      this.#satellites.removingAll(id),
    ]);
    this.#recent.deleteAll(functionArn(id, ""));
    this.#aliases.forget(id);
    this.#satellites.forget(id);
    return (versions!.rows as Array<{ configuration: string }>).map(toVersion);
  }

  /** Removes one version, unless an alias points to it; false if one does, or there is no such version. */
  async deleteVersion(version: FunctionVersion): Promise<boolean> {
    const removal = sql
      .deleteFrom("lambda_versions")
      .where(({ and }) => and({ ...keyOf(version), version: version.version }))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("lambda_aliases")
              .select("alias")
              .where(({ and, or, eb }) =>
                and([and(keyOf(version)), or([eb("version", "=", version.version), eb("additional_version", "=", version.version)])]),
              ),
          ),
        ),
      );
    const isDone = await writeExpecting(this.#database, [
      { query: removal.compile(), expectRows: 1 },
      this.#satellites.removingAll(version, version.version),
    ]);
    this.#recent.delete(functionArn(version, version.version));
    this.#satellites.forget(version);
    return isDone;
  }

  /** Up to `limit` versions after a place in the list of all functions; without `isWithPublished` only $LATEST of each. */
  async list({ accountId, region }: Scope, after: VersionPosition, limit: number, isWithPublished: boolean): Promise<FunctionVersion[]> {
    const query = sql
      .selectFrom("lambda_versions")
      .select("configuration")
      .where(({ and }) => and({ account_id: accountId, region, ...(!isWithPublished && { number: 0 }) }))
      .where("name", ">=", after.name)
      .where(({ or, eb }) => or([eb("name", ">", after.name), eb("number", ">", after.number)]))
      .orderBy("name")
      .orderBy("number")
      .limit(limit);
    return (await this.#database.read(query.compile())).map(toVersion);
  }

  /** Up to `limit` versions of one function after a number; -1 begins with $LATEST. */
  async listVersions(id: FunctionId, afterNumber: number, limit: number): Promise<FunctionVersion[]> {
    const query = sql
      .selectFrom("lambda_versions")
      .select("configuration")
      .where(({ and }) => and(keyOf(id)))
      .where("number", ">", afterNumber)
      .orderBy("number")
      .limit(limit);
    return (await this.#database.read(query.compile())).map(toVersion);
  }

  /** Versions whose creation or update has not been brought to its end: work for a start after a crash. */
  async settling(): Promise<FunctionVersion[]> {
    const query = sql.selectFrom("lambda_versions").select("configuration").where("is_settling", "=", 1);
    return (await this.#database.read(query.compile())).map(toVersion);
  }

  /** Undefined if the function does not exist. */
  async tags(id: FunctionId): Promise<Record<string, string> | undefined> {
    const query = sql
      .selectFrom("lambda_functions")
      .select("tags")
      .where(({ and }) => and(keyOf(id)));
    const [row] = await this.#database.read(query.compile());
    return row && (JSON.parse(row.tags) as Record<string, string>);
  }

  /** Replaces the tags, if they are still `previous`, and gives $LATEST a new revision; false if somebody was faster. */
  replaceTags(
    latest: FunctionVersion,
    revisionId: string,
    previous: Record<string, string>,
    next: Record<string, string>,
  ): Promise<boolean> {
    const update = sql
      .updateTable("lambda_functions")
      .set({ tags: JSON.stringify(next) })
      .where(({ and }) => and({ ...keyOf(latest), tags: JSON.stringify(previous) }));
    return this.revise(latest, revisionId, { query: update.compile(), expectRows: 1 });
  }

  /** Number of functions, and bytes of code over all their versions. */
  async usage({ accountId, region }: Scope): Promise<{ functionCount: number; codeBytes: number }> {
    const query = sql
      .selectFrom("lambda_versions")
      .select(({ fn }) => [fn.count<number>("name").distinct().as("functionCount"), fn.sum<number | null>("code_bytes").as("codeBytes")])
      .where(({ and }) => and({ account_id: accountId, region }));
    const [row] = await this.#database.read(query.compile());
    return { functionCount: row?.functionCount ?? 0, codeBytes: row?.codeBytes ?? 0 };
  }

  /** Whether some version still uses a package, as its code or as a layer. */
  async usesCode(digest: string): Promise<boolean> {
    const isUsed = sql.selectFrom("lambda_versions").select("name").limit(1);
    const asCode = await this.#database.read(isUsed.where("code_digest", "=", digest).compile());
    if (asCode.length > 0) return true;
    // The index spares it the functions that have no layers, which are most.
    const asLayer = isUsed.where("layer_digests", ">", "").where("layer_digests", "like", `% ${digest} %`);
    return (await this.#database.read(asLayer.compile())).length > 0;
  }

  /** Whether some version still has exactly these layers. */
  async usesLayers(digests: readonly string[]): Promise<boolean> {
    const query = sql.selectFrom("lambda_versions").select("name").where("layer_digests", "=", digestList(digests)).limit(1);
    return (await this.#database.read(query.compile())).length > 0;
  }

  async #read(id: FunctionId, version: string): Promise<FunctionVersion | undefined> {
    const query = sql
      .selectFrom("lambda_versions")
      .select("configuration")
      .where(({ and }) => and({ ...keyOf(id), version }));
    const [row] = await this.#database.read(query.compile());
    if (row === undefined) return undefined;
    const found = toVersion(row);
    this.#remember(found);
    return found;
  }

  #remember(version: FunctionVersion): void {
    this.#recent.set(functionArn(version, version.version), version);
  }
}

/** $LATEST of a function. Rejects with ResourceNotFoundException. */
export async function requireLatest(store: FunctionStore, id: FunctionId): Promise<FunctionVersion> {
  const found = await store.find(id, latestVersion);
  if (found === undefined) throw functionNotFound(functionArn(id));
  return found;
}

const insertVersion = (version: FunctionVersion): Statement["query"] =>
  sql.insertInto("lambda_versions").values(toVersionRow(version)).compile();

/** Takes the next number, which fails the unit if that is not the version's, and adds the version. */
function publication(published: FunctionVersion | undefined): Statement[] {
  if (published === undefined) return [];
  const number = versionNumber(published.version);
  const advance = sql
    .updateTable("lambda_version_numbers")
    .set({ last_number: number })
    .where(({ and }) => and({ ...keyOf(published), last_number: number - 1 }));
  return [{ query: advance.compile(), expectRows: 1 }, { query: insertVersion(published) }];
}

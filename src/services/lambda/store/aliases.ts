/** Aliases: every SQL statement of theirs. Each write holds the versions it points to, so that none is deleted meanwhile. */
import { type Database, type Statement, UniqueViolation } from "#storage/database.ts";
import { type Alias, aliasArn, versionsOf } from "../alias.ts";
import { resourceConflict } from "../errors.ts";
import { type FunctionId, functionArn } from "../function-name.ts";
import { Recent } from "./recent.ts";
import type { SatelliteStore } from "./satellites.ts";
import { keyOf, sql, toAlias, toAliasRow, writeExpecting } from "./tables.ts";

const maximumCached = 10_000;

export class AliasStore {
  readonly #database: Database;
  readonly #satellites: SatelliteStore;
  readonly #recent = new Recent<Alias>(maximumCached);

  constructor(database: Database, satellites: SatelliteStore) {
    this.#database = database;
    this.#satellites = satellites;
  }

  /** False if a version it points to is gone. Rejects with ResourceConflictException if the name is taken. */
  async create(alias: Alias): Promise<boolean> {
    try {
      const isDone = await writeExpecting(this.#database, [
        ...holdVersions(alias),
        { query: sql.insertInto("lambda_aliases").values(toAliasRow(alias)).compile() },
      ]);
      if (isDone) this.#remember(alias);
      return isDone;
    } catch (error) {
      if (error instanceof UniqueViolation) throw resourceConflict(`Alias already exists: ${aliasArn(alias)}`);
      throw error;
    }
  }

  /** Undefined if there is none. Answers from memory where it can. */
  find(id: FunctionId, alias: string): Promise<Alias | undefined> | Alias | undefined {
    return this.#recent.get(functionArn(id, alias)) ?? this.#read(id, alias);
  }

  /** Replaces an alias if it still has `expectedRevisionId`; false if not, or if a version it shall point to is gone. */
  async replace(next: Alias, expectedRevisionId: string): Promise<boolean> {
    const where = { ...keyOf(next), alias: next.alias, revision_id: expectedRevisionId };
    const update = sql
      .updateTable("lambda_aliases")
      .set(toAliasRow(next))
      .where(({ and }) => and(where));
    const isDone = await writeExpecting(this.#database, [...holdVersions(next), { query: update.compile(), expectRows: 1 }]);
    if (isDone) this.#remember(next);
    else this.#recent.delete(aliasArn(next));
    return isDone;
  }

  /** Gives an alias a new revision together with what changes beside it; false if somebody was faster, or it is gone. */
  async revise(current: Alias, revisionId: string, beside: Statement): Promise<boolean> {
    const next = { ...current, revisionId };
    const where = { ...keyOf(current), alias: current.alias, revision_id: current.revisionId };
    const update = sql
      .updateTable("lambda_aliases")
      .set(toAliasRow(next))
      .where(({ and }) => and(where));
    const isDone = await writeExpecting(this.#database, [{ query: update.compile(), expectRows: 1 }, beside]);
    if (isDone) this.#remember(next);
    else this.#recent.delete(aliasArn(current));
    return isDone;
  }

  async delete(id: FunctionId, alias: string): Promise<void> {
    const removal = sql.deleteFrom("lambda_aliases").where(({ and }) => and({ ...keyOf(id), alias }));
    await this.#database.write([{ query: removal.compile() }, this.#satellites.removingAll(id, alias)]);
    this.#recent.delete(functionArn(id, alias));
    this.#satellites.forget(id);
  }

  /** Drops what is remembered of a function whose rows are gone. */
  forget(id: FunctionId): void {
    this.#recent.deleteAll(functionArn(id, ""));
  }

  /** Up to `limit` aliases after a name, by name; all, or those whose first version is `version`. */
  async list(id: FunctionId, version: string | undefined, afterAlias: string, limit: number): Promise<Alias[]> {
    const query = sql
      .selectFrom("lambda_aliases")
      .select("configuration")
      .where(({ and }) => and({ ...keyOf(id), ...(version !== undefined && { version }) }))
      .where("alias", ">", afterAlias)
      .orderBy("alias")
      .limit(limit);
    return (await this.#database.read(query.compile())).map(toAlias);
  }

  /** Names of the aliases that lead to a version, with all of the invocations or a share of them. */
  async pointingTo(id: FunctionId, version: string): Promise<string[]> {
    const query = sql
      .selectFrom("lambda_aliases")
      .select("alias")
      .where(({ and }) => and(keyOf(id)))
      .where(({ or, eb }) => or([eb("version", "=", version), eb("additional_version", "=", version)]))
      .orderBy("alias");
    return (await this.#database.read(query.compile())).map(({ alias }) => alias);
  }

  async #read(id: FunctionId, alias: string): Promise<Alias | undefined> {
    const query = sql
      .selectFrom("lambda_aliases")
      .select("configuration")
      .where(({ and }) => and({ ...keyOf(id), alias }));
    const [row] = await this.#database.read(query.compile());
    if (row === undefined) return undefined;
    const found = toAlias(row);
    this.#remember(found);
    return found;
  }

  #remember(alias: Alias): void {
    this.#recent.set(aliasArn(alias), alias);
  }
}

/** Statements that change nothing, and fail the unit if a version of the alias is not there. */
function holdVersions(alias: Alias): Statement[] {
  return versionsOf(alias).map((version) => {
    const touch = sql
      .updateTable("lambda_versions")
      .set({ version })
      .where(({ and }) => and({ ...keyOf(alias), version }));
    return { query: touch.compile(), expectRows: 1 };
  });
}

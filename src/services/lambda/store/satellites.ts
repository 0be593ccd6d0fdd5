/** Satellites: every SQL statement of theirs. Each write holds the version or alias it hangs on, so that none outlives it. */
import { type Database, type Statement, UniqueViolation } from "#storage/database.ts";
import { queryBuilder } from "#storage/query-builder.ts";
import { resourceConflict } from "../errors.ts";
import { type FunctionId, functionArn, type Scope } from "../function-name.ts";
import { isAliasName } from "../qualifiers.ts";
import type { Place } from "../satellites/place.ts";
import { lookupOf, type Satellite, type SatelliteKind, type Satellites } from "../satellites/satellite.ts";
import { Recent } from "./recent.ts";
import { keyOf, sql as functionsSql, writeExpecting } from "./tables.ts";

interface Tables {
  lambda_satellites: {
    account_id: string;
    region: string;
    name: string;
    kind: string;
    qualifier: string;
    lookup: string | null;
    content: string;
  };
}

type Row = Tables["lambda_satellites"];

const sql = queryBuilder<Tables>();
const maximumCached = 10_000;
const maximumAttempts = 10;

export class SatelliteStore {
  readonly #database: Database;
  /** By function, and by kind over a whole account: whoever reads while it is read waits for the same answer. */
  readonly #recent = new Recent<readonly Satellite[] | Promise<readonly Satellite[]>>(maximumCached);

  readonly #urlPlaces = new Recent<Place>(maximumCached);

  constructor(database: Database) {
    this.#database = database;
  }

  /** All that hang on a function, by qualifier. The invoke path asks: answers from memory where it can. */
  of(id: FunctionId): readonly Satellite[] | Promise<readonly Satellite[]> {
    return this.#remembered(functionArn(id), (rows) => rows.where(({ and }) => and(keyOf(id))));
  }

  async find<Kind extends SatelliteKind>(kind: Kind, place: Place): Promise<Satellites[Kind] | undefined> {
    return pick(await this.of(place), kind, place.qualifier);
  }

  /** Those of one kind, by qualifier. */
  async list<Kind extends SatelliteKind>(kind: Kind, id: FunctionId): Promise<Array<Satellite<Kind>>> {
    return (await this.of(id)).filter((satellite): satellite is Satellite<Kind> => satellite.kind === kind);
  }

  /** Those of one kind in an account and region, by function. The invoke path asks. */
  inAccount<Kind extends SatelliteKind>(
    kind: Kind,
    scope: Scope,
  ): ReadonlyArray<Satellite<Kind>> | Promise<ReadonlyArray<Satellite<Kind>>> {
    const { accountId: account_id, region } = scope;
    const found = this.#remembered(accountKey(kind, scope), (rows) => rows.where(({ and }) => and({ account_id, region, kind })));
    return found as ReadonlyArray<Satellite<Kind>> | Promise<ReadonlyArray<Satellite<Kind>>>;
  }

  /** Those of one kind that are found by `lookup`, by function, in any account. */
  async byLookup<Kind extends SatelliteKind>(kind: Kind, lookup: string): Promise<Array<Satellite<Kind>>> {
    const query = inOrder().where(({ and }) => and({ kind, lookup }));
    return (await this.#database.read(query.compile())).map(toSatellite) as Array<Satellite<Kind>>;
  }

  /** All of one kind, in any account, by function. */
  async ofKind<Kind extends SatelliteKind>(kind: Kind): Promise<Array<Satellite<Kind>>> {
    const query = inOrder().where(({ and }) => and({ kind }));
    return (await this.#database.read(query.compile())).map(toSatellite) as Array<Satellite<Kind>>;
  }

  /** The function URL of that id. Where it hangs never changes, so it is read once. */
  async urlOf(id: string): Promise<Satellite<"url"> | undefined> {
    const place = this.#urlPlaces.get(id);
    const content = place && pick(await this.of(place), "url", place.qualifier);
    if (content?.id === id) return { kind: "url", place: place!, content };
    const [found] = await this.byLookup("url", id);
    if (found) this.#urlPlaces.set(id, found.place);
    else this.#urlPlaces.delete(id);
    return found;
  }

  /** Adds a satellite; false if there is one already, or what it shall hang on is gone. */
  async add(satellite: Satellite): Promise<boolean> {
    try {
      return await this.#write(satellite, [
        hold(satellite.place),
        { query: sql.insertInto("lambda_satellites").values(toRow(satellite)).compile() },
      ]);
    } catch (error) {
      if (error instanceof UniqueViolation) return false;
      throw error;
    }
  }

  /** Adds a satellite, or replaces it; false if what it shall hang on is gone. */
  put(satellite: Satellite): Promise<boolean> {
    return this.#write(satellite, [hold(satellite.place), this.putting(satellite)]);
  }

  /** Changes a satellite, anew if somebody else was faster; undefined if there is none. */
  async change<Kind extends SatelliteKind>(
    kind: Kind,
    place: Place,
    change: (content: Satellites[Kind]) => Satellites[Kind],
  ): Promise<Satellites[Kind] | undefined> {
    for (let attempt = 0; attempt < maximumAttempts; attempt++) {
      const previous = await this.find(kind, place);
      if (previous === undefined) return undefined;
      const next = change(previous);
      const satellite: Satellite = { kind, place, content: next };
      const { content, lookup } = toRow(satellite);
      const where = { ...keyOfSatellite(satellite), content: JSON.stringify(previous) };
      const update = sql
        .updateTable("lambda_satellites")
        .set({ content, lookup })
        .where(({ and }) => and(where));
      if (await this.#write(satellite, [{ query: update.compile(), expectRows: 1 }])) return next;
    }
    throw resourceConflict("This configuration is being changed by others. Please try again.");
  }

  /** False if there was none. */
  remove(kind: SatelliteKind, place: Place): Promise<boolean> {
    return this.#write({ kind, place }, [{ ...this.removing(kind, place), expectRows: 1 }]);
  }

  /** For a unit that another store writes; who sends it calls `forget` then. */
  putting(satellite: Satellite): Statement {
    const row = toRow(satellite);
    const { content, lookup } = row;
    const insert = sql.insertInto("lambda_satellites").values(row);
    const columns = ["account_id", "region", "name", "kind", "qualifier"] as const;
    return { query: insert.onConflict((conflict) => conflict.columns(columns).doUpdateSet({ content, lookup })).compile() };
  }

  /** As `putting`. */
  removing(kind: SatelliteKind, place: Place): Statement {
    return {
      query: sql
        .deleteFrom("lambda_satellites")
        .where(({ and }) => and(keyOfSatellite({ kind, place })))
        .compile(),
    };
  }

  /** Removes all that hang on a function, or on one version or alias of it: belongs into the unit that deletes that. */
  removingAll(id: FunctionId, qualifier?: string): Statement {
    const where = { ...keyOf(id), ...(qualifier !== undefined && { qualifier }) };
    return {
      query: sql
        .deleteFrom("lambda_satellites")
        .where(({ and }) => and(where))
        .compile(),
    };
  }

  /** Drops what is remembered of a function after a unit of another store. */
  forget(id: FunctionId): void {
    this.#recent.delete(functionArn(id));
    for (const kind of kindsPerAccount) this.#recent.delete(accountKey(kind, id));
  }

  async #write({ place }: Pick<Satellite, "kind" | "place">, unit: readonly Statement[]): Promise<boolean> {
    const isDone = await writeExpecting(this.#database, unit);
    this.forget(place);
    return isDone;
  }

  #remembered(
    key: string,
    narrow: (rows: ReturnType<typeof inOrder>) => ReturnType<typeof inOrder>,
  ): readonly Satellite[] | Promise<readonly Satellite[]> {
    const known = this.#recent.get(key);
    if (known !== undefined) return known;
    const reading = this.#database.read(narrow(inOrder()).compile()).then((rows) => rows.map(toSatellite));
    this.#recent.set(key, reading);
    // A write in between has dropped the promise: then what was read may be old and is not kept.
    const settle = (keep: () => void) => void (this.#recent.get(key) === reading && keep());
    reading.then(
      (found) => settle(() => this.#recent.set(key, found)),
      () => settle(() => this.#recent.delete(key)),
    );
    return reading;
  }
}

/** The content of one satellite among those of a function. */
export function pick<Kind extends SatelliteKind>(
  satellites: readonly Satellite[],
  kind: Kind,
  qualifier: string,
): Satellites[Kind] | undefined {
  return satellites.find((satellite) => satellite.kind === kind && satellite.place.qualifier === qualifier)?.content as
    | Satellites[Kind]
    | undefined;
}

/** Kinds of which `inAccount` is asked. */
const kindsPerAccount = ["reserved-concurrency", "provisioned-concurrency"] as const satisfies SatelliteKind[];

const accountKey = (kind: SatelliteKind, { accountId, region }: Scope): string => `${accountId} ${region} ${kind}`;

const inOrder = () => sql.selectFrom("lambda_satellites").selectAll().orderBy("name").orderBy("qualifier");

/** Changes nothing, and fails the unit if the version or alias is not there. */
function hold({ qualifier, ...id }: Place): Statement {
  const touch = isAliasName(qualifier)
    ? functionsSql
        .updateTable("lambda_aliases")
        .set({ alias: qualifier })
        .where(({ and }) => and({ ...keyOf(id), alias: qualifier }))
    : functionsSql
        .updateTable("lambda_versions")
        .set({ version: qualifier })
        .where(({ and }) => and({ ...keyOf(id), version: qualifier }));
  return { query: touch.compile(), expectRows: 1 };
}

const keyOfSatellite = ({ kind, place }: Pick<Satellite, "kind" | "place">): Omit<Row, "lookup" | "content"> => ({
  ...keyOf(place),
  kind,
  qualifier: place.qualifier,
});

const toRow = (satellite: Satellite): Row => ({
  ...keyOfSatellite(satellite),
  lookup: lookupOf(satellite),
  content: JSON.stringify(satellite.content),
});

const toSatellite = ({ account_id: accountId, region, name, kind, qualifier, content }: Row): Satellite => ({
  place: { accountId, region, name, qualifier },
  kind: kind as SatelliteKind,
  content: JSON.parse(content) as Satellite["content"],
});

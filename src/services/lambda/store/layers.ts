/** Layers: every SQL statement of theirs. */
import { type Database, type Statement, UniqueViolation } from "#storage/database.ts";
import { queryBuilder } from "#storage/query-builder.ts";
import { resourceConflict } from "../errors.ts";
import type { Scope } from "../function-name.ts";
import type { LayerId, LayerVersion, LayerVersionId } from "../layers/layer-version.ts";
import type { PolicyDocument } from "../resource-policy.ts";
import { writeExpecting } from "./tables.ts";

interface LayerKey {
  account_id: string;
  region: string;
  name: string;
}

interface Tables {
  lambda_layers: LayerKey & { last_number: number };
  lambda_layer_versions: LayerKey & {
    number: number;
    code_digest: string;
    code_bytes: number;
    runtimes: string;
    architectures: string;
    configuration: string;
    policy: string | null;
    policy_revision: string | null;
  };
}

const sql = queryBuilder<Tables>();

/** As many may publish one layer at once: in each round one of them wins. */
const maximumAttempts = 100;

export interface LayerPolicy {
  document: PolicyDocument;
  revisionId: string;
}

/** What a version must be made for to be listed. */
export interface LayerFilter {
  runtime?: string | undefined;
  architecture?: string | undefined;
}

export class LayerStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds the version under the next number of its layer; rejects with ResourceConflictException if others are faster again and again. */
  async publish(draft: Omit<LayerVersion, "number">): Promise<LayerVersion> {
    for (let attempt = 0; attempt < maximumAttempts; attempt++) {
      const last = await this.#lastNumber(draft);
      const version = { ...draft, number: (last ?? 0) + 1 };
      if (await this.#add(version, last)) return version;
    }
    throw resourceConflict("Versions of this layer are being published by others. Please try again.");
  }

  async find(id: LayerVersionId): Promise<LayerVersion | undefined> {
    const query = sql
      .selectFrom("lambda_layer_versions")
      .select("configuration")
      .where(({ and }) => and(versionKeyOf(id)));
    return (await this.#database.read(query.compile())).map(toVersion)[0];
  }

  /** Up to `limit` versions of a layer with numbers below `beforeNumber`, the newest first. */
  async listVersions(id: LayerId, filter: LayerFilter, beforeNumber: number, limit: number): Promise<LayerVersion[]> {
    const query = matching(filter)
      .select("configuration")
      .where(({ and }) => and(keyOf(id)))
      .where("number", "<", beforeNumber)
      .orderBy("number", "desc")
      .limit(limit);
    return (await this.#database.read(query.compile())).map(toVersion);
  }

  /** The newest matching version of up to `limit` layers after a name, by name. */
  async listLayers({ accountId, region }: Scope, filter: LayerFilter, afterName: string, limit: number): Promise<LayerVersion[]> {
    const newest = matching(filter)
      .select(({ fn }) => ["name", fn.max("number").as("number")])
      .where(({ and }) => and({ account_id: accountId, region }))
      .where("name", ">", afterName)
      .groupBy("name")
      .orderBy("name")
      .limit(limit);
    const query = sql
      .selectFrom("lambda_layer_versions as version")
      .innerJoin(newest.as("newest"), (join) =>
        join.onRef("newest.name", "=", "version.name").onRef("newest.number", "=", "version.number"),
      )
      .select("version.configuration")
      .where(({ and }) => and({ "version.account_id": accountId, "version.region": region }))
      .orderBy("version.name");
    return (await this.#database.read(query.compile())).map(toVersion);
  }

  async delete(id: LayerVersionId): Promise<void> {
    await this.#database.write([
      {
        query: sql
          .deleteFrom("lambda_layer_versions")
          .where(({ and }) => and(versionKeyOf(id)))
          .compile(),
      },
    ]);
  }

  async policy(id: LayerVersionId): Promise<LayerPolicy | undefined> {
    const query = sql
      .selectFrom("lambda_layer_versions")
      .select(["policy", "policy_revision"])
      .where(({ and }) => and(versionKeyOf(id)));
    const [row] = await this.#database.read(query.compile());
    if (!row || row.policy === null || row.policy_revision === null) return undefined;
    return { document: JSON.parse(row.policy) as PolicyDocument, revisionId: row.policy_revision };
  }

  /** Replaces a policy, or none, that still has `expectedRevisionId`; false if not. */
  replacePolicy(id: LayerVersionId, next: LayerPolicy | undefined, expectedRevisionId: string | undefined): Promise<boolean> {
    const update = sql
      .updateTable("lambda_layer_versions")
      .set({ policy: next ? JSON.stringify(next.document) : null, policy_revision: next?.revisionId ?? null })
      .where(({ and }) => and(versionKeyOf(id)))
      .where("policy_revision", expectedRevisionId === undefined ? "is" : "=", expectedRevisionId ?? null);
    return writeExpecting(this.#database, [{ query: update.compile(), expectRows: 1 }]);
  }

  /** Bytes of all layer versions. */
  async usedBytes({ accountId, region }: Scope): Promise<number> {
    const query = sql
      .selectFrom("lambda_layer_versions")
      .select(({ fn }) => fn.sum<number | null>("code_bytes").as("bytes"))
      .where(({ and }) => and({ account_id: accountId, region }));
    return (await this.#database.read(query.compile()))[0]?.bytes ?? 0;
  }

  /** Whether some layer version still has this package. */
  async usesCode(digest: string): Promise<boolean> {
    const query = sql.selectFrom("lambda_layer_versions").select("name").where("code_digest", "=", digest).limit(1);
    return (await this.#database.read(query.compile())).length > 0;
  }

  async #lastNumber(id: LayerId): Promise<number | undefined> {
    const query = sql
      .selectFrom("lambda_layers")
      .select("last_number")
      .where(({ and }) => and(keyOf(id)));
    return (await this.#database.read(query.compile()))[0]?.last_number;
  }

  /** False if somebody else took the number. */
  async #add(version: LayerVersion, last: number | undefined): Promise<boolean> {
    const key = keyOf(version);
    const { number } = version;
    const advance: Statement =
      last === undefined
        ? {
            query: sql
              .insertInto("lambda_layers")
              .values({ ...key, last_number: number })
              .compile(),
          }
        : {
            query: sql
              .updateTable("lambda_layers")
              .set({ last_number: number })
              .where(({ and }) => and({ ...key, last_number: last }))
              .compile(),
            expectRows: 1,
          };
    try {
      return await writeExpecting(this.#database, [
        advance,
        { query: sql.insertInto("lambda_layer_versions").values(toRow(version)).compile() },
      ]);
    } catch (error) {
      if (error instanceof UniqueViolation) return false;
      throw error;
    }
  }
}

function matching({ runtime, architecture }: LayerFilter) {
  return sql
    .selectFrom("lambda_layer_versions")
    .$if(runtime !== undefined, (query) => query.where("runtimes", "like", `% ${runtime} %`))
    .$if(architecture !== undefined, (query) => query.where("architectures", "like", `% ${architecture} %`));
}

const keyOf = ({ accountId, region, name }: LayerId): LayerKey => ({ account_id: accountId, region, name });

const versionKeyOf = (id: LayerVersionId): LayerKey & { number: number } => ({ ...keyOf(id), number: id.number });

const toRow = (version: LayerVersion): Tables["lambda_layer_versions"] => ({
  ...versionKeyOf(version),
  code_digest: version.code.digest,
  code_bytes: version.code.sizeBytes,
  runtimes: ` ${(version.runtimes ?? []).join(" ")} `,
  architectures: ` ${(version.architectures ?? []).join(" ")} `,
  configuration: JSON.stringify(version),
  policy: null,
  policy_revision: null,
});

const toVersion = ({ configuration }: { configuration: string }): LayerVersion => JSON.parse(configuration) as LayerVersion;

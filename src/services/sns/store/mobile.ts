import type { Database } from "#storage/database.ts";
import type { Place } from "../arns.ts";
import { type MobileRow, type PhoneRow, readMap, sql } from "./tables.ts";

/** A platform application (no token, no application), or an endpoint of one. */
export interface MobileResource extends Place {
  arn: string;
  applicationArn: string | undefined;
  token: string | undefined;
  attributes: Readonly<Record<string, string>>;
}

/** Platform applications with their endpoints, and what an account has set for its text messages. */
export class MobileStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(arn: string): Promise<MobileResource | undefined> {
    const [row] = await this.#database.read(sql.selectFrom("sns_mobile").selectAll().where("arn", "=", arn).compile());
    return row && fromRow(row);
  }

  async findToken(applicationArn: string, token: string): Promise<MobileResource | undefined> {
    const query = sql.selectFrom("sns_mobile").selectAll().where("application_arn", "=", applicationArn).where("token", "=", token);
    const [row] = await this.#database.read(query.compile());
    return row && fromRow(row);
  }

  /** Adds or replaces. */
  async save(resource: MobileResource): Promise<void> {
    const row: MobileRow = {
      arn: resource.arn,
      application_arn: resource.applicationArn ?? null,
      account_id: resource.accountId,
      region: resource.region,
      token: resource.token ?? null,
      attributes: JSON.stringify(resource.attributes),
    };
    await this.#database.write([
      { query: sql.deleteFrom("sns_mobile").where("arn", "=", resource.arn).compile() },
      { query: sql.insertInto("sns_mobile").values(row).compile() },
    ]);
  }

  /** An application goes with its endpoints. */
  async remove(arn: string): Promise<void> {
    const query = sql.deleteFrom("sns_mobile").where(({ or, eb }) => or([eb("arn", "=", arn), eb("application_arn", "=", arn)]));
    await this.#database.write([{ query: query.compile() }]);
  }

  /** Applications of a place, or endpoints of an application: up to `limit` after `after`, by their ARNs. */
  async list(of: Place | { applicationArn: string }, after: string, limit: number): Promise<MobileResource[]> {
    const all = sql.selectFrom("sns_mobile").selectAll();
    const those =
      "applicationArn" in of
        ? all.where("application_arn", "=", of.applicationArn)
        : all.where("application_arn", "is", null).where("account_id", "=", of.accountId).where("region", "=", of.region);
    return (await this.#database.read(those.where("arn", ">", after).orderBy("arn").limit(limit).compile())).map(fromRow);
  }

  async phones({ accountId, region }: Place, kind: PhoneRow["kind"], after = "", limit = 1_000): Promise<PhoneRow[]> {
    const query = sql.selectFrom("sns_phones").selectAll().where("account_id", "=", accountId).where("region", "=", region);
    return this.#database.read(query.where("kind", "=", kind).where("number", ">", after).orderBy("number").limit(limit).compile());
  }

  /** Adds or replaces. */
  async savePhone(row: PhoneRow): Promise<void> {
    await this.#database.write([{ query: this.#deletePhone(row) }, { query: sql.insertInto("sns_phones").values(row).compile() }]);
  }

  async removePhone(row: Pick<PhoneRow, "account_id" | "region" | "kind" | "number">): Promise<void> {
    await this.#database.write([{ query: this.#deletePhone(row) }]);
  }

  async smsAttributes({ accountId, region }: Place): Promise<Record<string, string>> {
    const query = sql.selectFrom("sns_sms_attributes").select("attributes").where("account_id", "=", accountId);
    const [row] = await this.#database.read(query.where("region", "=", region).compile());
    return row === undefined ? {} : readMap(row.attributes);
  }

  async saveSmsAttributes({ accountId, region }: Place, attributes: Readonly<Record<string, string>>): Promise<void> {
    const row = { account_id: accountId, region, attributes: JSON.stringify(attributes) };
    await this.#database.write([
      { query: sql.deleteFrom("sns_sms_attributes").where("account_id", "=", accountId).where("region", "=", region).compile() },
      { query: sql.insertInto("sns_sms_attributes").values(row).compile() },
    ]);
  }

  #deletePhone({ account_id, region, kind, number }: Pick<PhoneRow, "account_id" | "region" | "kind" | "number">) {
    return sql
      .deleteFrom("sns_phones")
      .where("account_id", "=", account_id)
      .where("region", "=", region)
      .where("kind", "=", kind)
      .where("number", "=", number)
      .compile();
  }
}

const fromRow = (row: MobileRow): MobileResource => ({
  arn: row.arn,
  applicationArn: row.application_arn ?? undefined,
  accountId: row.account_id,
  region: row.region,
  token: row.token ?? undefined,
  attributes: readMap(row.attributes),
});

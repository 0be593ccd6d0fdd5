import type { Database, Statement } from "#storage/database.ts";
import type { Place } from "../arns.ts";
import { outboxItems } from "../limits.ts";
import { type OutboxRow, sql } from "./tables.ts";

/** A mail, a text message or a push notification that would have left the machine. */
export interface OutboxItem extends Place {
  id: string;
  kind: "email" | "email-json" | "sms" | "application";
  /** An address, a phone number, the ARN of a platform's endpoint. */
  destination: string;
  subject: string | undefined;
  body: string;
  messageId: string;
  sentMs: number;
}

export class OutboxStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(item: OutboxItem): Promise<void> {
    await this.#database.write(keepItem(item));
  }

  /** The last ones, newest first, of everybody. */
  async list(limit: number): Promise<OutboxItem[]> {
    const rows = await this.#database.read(sql.selectFrom("sns_outbox").selectAll().orderBy("sent_ms", "desc").limit(limit).compile());
    return rows.map(fromRow);
  }
}

/** The oldest make room. Twice under one id is once: a delivery may run again. */
export function keepItem(item: OutboxItem): Statement[] {
  const { accountId, region } = item;
  const row: OutboxRow = {
    id: item.id,
    account_id: accountId,
    region,
    kind: item.kind,
    destination: item.destination,
    subject: item.subject ?? null,
    body: item.body,
    message_id: item.messageId,
    sent_ms: item.sentMs,
  };
  const kept = sql.selectFrom("sns_outbox").select("id").where("account_id", "=", accountId).where("region", "=", region);
  const newest = kept.orderBy("sent_ms", "desc").limit(outboxItems);
  return [
    { query: sql.deleteFrom("sns_outbox").where("id", "=", item.id).compile() },
    { query: sql.insertInto("sns_outbox").values(row).compile() },
    {
      query: sql
        .deleteFrom("sns_outbox")
        .where("account_id", "=", accountId)
        .where("region", "=", region)
        .where("id", "not in", newest)
        .compile(),
    },
  ];
}

const fromRow = (row: OutboxRow): OutboxItem => ({
  id: row.id,
  accountId: row.account_id,
  region: row.region,
  kind: row.kind as OutboxItem["kind"],
  destination: row.destination,
  subject: row.subject ?? undefined,
  body: row.body,
  messageId: row.message_id,
  sentMs: row.sent_ms,
});

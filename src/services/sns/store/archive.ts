import type { Database, Statement } from "#storage/database.ts";
import type { Message } from "../message.ts";
import type { Topic } from "../topic.ts";
import { sql } from "./tables.ts";

/** What topics keep of their messages for replays: every SQL statement about it. */
export class ArchiveStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Up to `limit` messages with numbers greater than `after`, up to `last`, in their order. */
  async read(topicArn: string, after: string, last: string | undefined, limit: number): Promise<Message[]> {
    const all = sql.selectFrom("sns_archive").select("content").where("topic_arn", "=", topicArn).where("sequence", ">", after);
    const those = last === undefined ? all : all.where("sequence", "<=", last);
    const rows = await this.#database.read(those.orderBy("sequence").limit(limit).compile());
    return rows.map(({ content }) => JSON.parse(content) as Message);
  }

  /** The first topic after that one of which anything is kept, be it that the topic is gone. */
  async topicAfter(topicArn: string): Promise<string | undefined> {
    const query = sql.selectFrom("sns_archive").select("topic_arn").where("topic_arn", ">", topicArn).orderBy("topic_arn").limit(1);
    return (await this.#database.read(query.compile()))[0]?.topic_arn;
  }

  /** Removes up to `limit` messages with numbers up to `last`, or any; says whether that was all. */
  async forget(topicArn: string, last: string | undefined, limit: number): Promise<boolean> {
    const all = sql.selectFrom("sns_archive").select("sequence").where("topic_arn", "=", topicArn);
    const those = (last === undefined ? all : all.where("sequence", "<=", last)).orderBy("sequence").limit(limit);
    const query = sql.deleteFrom("sns_archive").where("topic_arn", "=", topicArn).where("sequence", "in", those);
    const [result] = await this.#database.write([{ query: query.compile() }]);
    return result!.rowCount < limit;
  }
}

export function archived(message: Message): Statement {
  const row = { topic_arn: message.topicArn, sequence: message.sequenceNumber!, content: JSON.stringify(message) };
  return { query: sql.insertInto("sns_archive").values(row).compile() };
}

/** Tells who decided by the topic as it was to decide again. */
export function archiveChanged(topicArn: string): Statement {
  const query = sql.updateTable("sns_topics").set(({ eb }) => ({ archive_changes: eb("archive_changes", "+", 1) }));
  return { query: query.where("arn", "=", topicArn).compile() };
}

/** Undoes its unit if the archive of the topic, or a replay of it, has begun or ended since the topic was read. */
export function archiveIsAsRead({ arn, archiveChanges }: Topic): Statement {
  const query = sql.updateTable("sns_topics").set({ archive_changes: archiveChanges });
  return { query: query.where("arn", "=", arn).where("archive_changes", "=", archiveChanges).compile(), expectRows: 1 };
}

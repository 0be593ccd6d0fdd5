import { type Database, RowCountMismatch, type Statement } from "#storage/database.ts";
import type { Place } from "../arns.ts";
import type { Replay } from "../replay-policy.ts";
import type { Subscription } from "../subscription.ts";
import { archiveChanged } from "./archive.ts";
import { fromRow } from "./subscriptions.ts";
import { sql } from "./tables.ts";

const running = ["Pending", "In progress"];

/** How far the replays of subscriptions have come: the columns of theirs that only these statements change. */
export class ReplayStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Subscriptions that are fed from an archive. */
  async running(): Promise<Array<Subscription & { replay: Replay }>> {
    const query = sql.selectFrom("sns_subscriptions").selectAll().where("replay_status", "in", running).where("status", "=", "confirmed");
    return (await this.#database.read(query.orderBy("arn").compile())).map(fromRow) as Array<Subscription & { replay: Replay }>;
  }

  async countRunning({ accountId, region }: Place): Promise<number> {
    const query = sql
      .selectFrom("sns_subscriptions")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("account_id", "=", accountId)
      .where("region", "=", region)
      .where("replay_status", "in", running)
      .where("status", "=", "confirmed");
    return (await this.#database.read(query.compile()))[0]!.count;
  }

  /** Goes on to `position` together with `statements`; false, and nothing done, if the replay is another one by now. */
  advance({ arn, replay }: Running, position: string, statements: readonly Statement[]): Promise<boolean> {
    const query = stillRunning(arn, replay).set({ replay_status: "In progress", replay_position: position });
    return this.#attempt([{ query: query.compile(), expectRows: 1 }, ...statements]);
  }

  /** Ends it, unless there are messages between `after` and `last` that came meanwhile; says whether it did. */
  complete({ arn, topicArn, replay }: Running, after: string, last: string | undefined): Promise<boolean> {
    const query = stillRunning(arn, replay)
      .set({ replay_status: "Completed", replay_position: after })
      .where(({ not, exists, selectFrom }) => {
        const left = selectFrom("sns_archive").select("sequence").where("topic_arn", "=", topicArn).where("sequence", ">", after);
        return not(exists(last === undefined ? left : left.where("sequence", "<=", last)));
      });
    return this.#attempt([{ query: query.compile(), expectRows: 1 }, archiveChanged(topicArn)]);
  }

  fail({ arn, topicArn, replay }: Running): Promise<boolean> {
    const query = stillRunning(arn, replay).set({ replay_status: "Failed" });
    return this.#attempt([{ query: query.compile(), expectRows: 1 }, archiveChanged(topicArn)]);
  }

  async #attempt(statements: readonly Statement[]): Promise<boolean> {
    try {
      await this.#database.write(statements);
      return true;
    } catch (error) {
      if (error instanceof RowCountMismatch) return false;
      throw error;
    }
  }
}

type Running = Pick<Subscription, "arn" | "topicArn"> & { replay: Replay };

const stillRunning = (arn: string, { position }: Replay) =>
  sql.updateTable("sns_subscriptions").where("arn", "=", arn).where("replay_position", "=", position).where("replay_status", "in", running);

/** Begins a replay, or ends what there is of one. */
export function replaySet({ arn, topicArn }: Pick<Subscription, "arn" | "topicArn">, replay: Replay | undefined): Statement[] {
  const columns = { replay_status: replay?.status ?? null, replay_position: replay?.position ?? null };
  return [{ query: sql.updateTable("sns_subscriptions").set(columns).where("arn", "=", arn).compile() }, archiveChanged(topicArn)];
}

/** Ends those of a topic whose archive is no more. */
export function replaysFailed(topicArn: string): Statement {
  const query = sql.updateTable("sns_subscriptions").set({ replay_status: "Failed" }).where("topic_arn", "=", topicArn);
  return { query: query.where("replay_status", "in", running).compile() };
}

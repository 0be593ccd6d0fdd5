import { CompiledQuery } from "kysely";
import type { Database, Migration } from "./database.ts";
import { queryBuilder } from "./query-builder.ts";

interface Tables {
  applied_migrations: { service: string; name: string };
}

const sql = queryBuilder<Tables>();

const createTable = CompiledQuery.raw(
  "create table if not exists applied_migrations (service text not null, name text not null, primary key (service, name))",
);

/**
 * Applies those migrations of `service` that the database has not seen, in order, each as one unit with the note that it was applied.
 * Rejects when the database has migrations that the list does not know, or lacks one that the list has before an applied one.
 */
export async function applyMigrations(
  database: Pick<Database, "read" | "write">,
  service: string,
  migrations: readonly Migration[],
): Promise<void> {
  await database.write([{ query: createTable }]);
  const rows = await database.read(sql.selectFrom("applied_migrations").select("name").where("service", "=", service).compile());
  const applied = new Set(rows.map((row) => row.name));
  refuseForeignHistory(service, migrations, applied);
  for (const { name, statements } of migrations.slice(applied.size)) {
    statements.forEach(refuseSeveralStatements);
    const note = sql.insertInto("applied_migrations").values({ service, name }).compile();
    await database.write([...statements.map((text) => ({ query: CompiledQuery.raw(text) })), { query: note }]);
  }
}

function refuseForeignHistory(service: string, migrations: readonly Migration[], applied: ReadonlySet<string>): void {
  const unknown = applied.difference(new Set(migrations.map(({ name }) => name)));
  if (unknown.size > 0) {
    throw new Error(
      `the database was written by a newer version: this one does not know ${service}'s migrations ${[...unknown].join(", ")}`,
    );
  }
  const skipped = migrations.slice(0, applied.size).find(({ name }) => !applied.has(name));
  if (skipped) throw new Error(`${service}'s migration ${skipped.name} stands before others that were applied already; append new ones`);
}

/** SQLite would run the first statement of a text and ignore the others without a word. */
function refuseSeveralStatements(text: string): void {
  if (/;\s*\S/.test(text)) throw new Error(`one statement per element, please: ${text}`);
}

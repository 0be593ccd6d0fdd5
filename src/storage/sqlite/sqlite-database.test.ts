import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CompiledQuery } from "kysely";
import { type Database, RowCountMismatch, type Statement, UniqueViolation, WriteQueueFull } from "../database.ts";
import { queryBuilder } from "../query-builder.ts";
import { openSqliteDatabase } from "./sqlite-database.ts";

interface Tables {
  items: { id: string; amount: number; content: Uint8Array | null; tag: string | null };
}

const sql = queryBuilder<Tables>();
const migrations = [
  { name: "0001-items", statements: ["create table items (id text primary key, amount integer not null, content blob, tag text)"] },
  { name: "0002-tag", statements: ["create unique index items_by_tag on items (tag)"] },
];

const insert = (id: string, amount = 0, tag: string | null = null): Statement => ({
  query: sql.insertInto("items").values({ id, amount, content: null, tag }).compile(),
});
const amountOf = async (database: Database, id: string): Promise<number | undefined> =>
  (await database.read(sql.selectFrom("items").select("amount").where("id", "=", id).compile()))[0]?.amount;

describe("the SQLite database", () => {
  let folder: string;
  let database: Database;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "pilotlight-sqlite-"));
    database = await openSqliteDatabase({ path: join(folder, "shared") });
    await database.migrate("shop", migrations);
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const openNew = async (name: string): Promise<Database> => {
    const fresh = await openSqliteDatabase({ path: join(folder, name) });
    await fresh.migrate("shop", migrations);
    return fresh;
  };

  test("a read sees what was written before", async () => {
    const content = Buffer.from("bytes");
    await database.write([{ query: sql.insertInto("items").values({ id: "a", amount: 7, content, tag: null }).compile() }]);
    const rows = await database.read(sql.selectFrom("items").selectAll().where("id", "=", "a").compile());
    assert.deepEqual(rows, [{ id: "a", amount: 7, content: new Uint8Array(content), tag: null }]);
  });

  test("statements answer with their row counts and with what RETURNING gave", async () => {
    await database.write([insert("r1", 1), insert("r2", 1)]);
    const results = await database.write([
      { query: sql.updateTable("items").set({ amount: 2 }).where("id", "in", ["r1", "r2"]).compile(), expectRows: 2 },
      { query: sql.deleteFrom("items").where("id", "=", "r1").returning(["id", "amount"]).compile(), expectRows: 1 },
      { query: sql.deleteFrom("items").where("id", "=", "nobody").compile() },
    ]);
    assert.deepEqual(results, [
      { rowCount: 2, rows: [] },
      { rowCount: 1, rows: [{ id: "r1", amount: 2 }] },
      { rowCount: 0, rows: [] },
    ]);
  });

  test("a row count that is not as expected undoes the whole unit", async () => {
    const unit = [insert("m1"), { query: sql.deleteFrom("items").where("id", "=", "nobody").compile(), expectRows: 1 }];
    await assert.rejects(database.write(unit), (error) => {
      assert(error instanceof RowCountMismatch);
      assert.deepEqual([error.statementIndex, error.rowCount], [1, 0]);
      return true;
    });
    assert.equal(await amountOf(database, "m1"), undefined);
  });

  test("a unit that breaks a primary key or a unique index fails alone", async () => {
    const outcomes = await Promise.allSettled([
      database.write([insert("u1", 1, "red")]),
      database.write([insert("u2"), insert("u1")]),
      database.write([insert("u3", 1, "red")]),
      database.write([insert("u4")]),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected", "rejected", "fulfilled"],
    );
    const violations = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as UniqueViolation] : []));
    assert(violations.every((violation) => violation instanceof UniqueViolation));
    assert.deepEqual(
      violations.map((violation) => violation.statementIndex),
      [1, 0],
    );
    assert.equal(await amountOf(database, "u2"), undefined);
    assert.equal(await amountOf(database, "u4"), 0);
  });

  test("a unit with broken SQL fails alone and says which statement it was", async () => {
    const broken = database.write([insert("s1"), { query: CompiledQuery.raw("insert into nowhere values (1)") }]);
    const sound = database.write([insert("s2")]);
    await assert.rejects(broken, /statement 1 failed: no such table: nowhere/);
    await sound;
    assert.equal(await amountOf(database, "s1"), undefined);
  });

  test("a value that SQL cannot hold is refused before it reaches the others of its group", async () => {
    const sound = database.write([insert("v1")]);
    await assert.rejects(database.write([{ query: CompiledQuery.raw("select ?", [{ an: "object" }]) }]), TypeError);
    await sound;
  });

  test("booleans are kept as 0 and 1", async () => {
    assert.deepEqual(await database.read(CompiledQuery.raw("select ? as yes, ? as no", [true, false])), [{ yes: 1, no: 0 }]);
  });

  test("concurrent writers share commits, and each of their units is there", async () => {
    const own = await openNew("grouped");
    const commitsBefore = await countCommits(join(folder, "grouped"));
    await Promise.all(Array.from({ length: 200 }, (_, index) => own.write([insert(`w${index}`, index)])));
    assert.equal((await countCommits(join(folder, "grouped"))) - commitsBefore, 1);
    const total = await own.read(
      sql
        .selectFrom("items")
        .select((expression) => expression.fn.sum<number>("amount").as("sum"))
        .compile(),
    );
    assert.deepEqual(total, [{ sum: (199 * 200) / 2 }]);
    await own[Symbol.asyncDispose]();
  });

  test("units take effect in the order of their submission", async () => {
    await database.write([insert("order")]);
    const set = (amount: number): Statement => ({ query: sql.updateTable("items").set({ amount }).where("id", "=", "order").compile() });
    await Promise.all([1, 2, 3].map((amount) => database.write([set(amount)])));
    assert.equal(await amountOf(database, "order"), 3);
  });

  test("the queue of waiting units is bounded", async () => {
    const own = await openNew("bounded");
    const outcomes = await Promise.allSettled(Array.from({ length: 8_193 }, (_, index) => own.write([insert(`q${index}`)])));
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    assert.equal(refused.length, 1);
    assert(refused[0]!.reason instanceof WriteQueueFull);
    await own[Symbol.asyncDispose]();
  });

  test("closing finishes what was submitted, leaves one file, and refuses what comes later", async () => {
    const closing = await openNew("closing");
    const write = closing.write([insert("last", 9)]);
    await closing[Symbol.asyncDispose]();
    await write;
    await assert.rejects(closing.write([insert("too late")]), /the database is closed/);
    await assert.rejects(closing.read(CompiledQuery.raw("select 1")), /not open/);
    await assert.rejects(readFile(join(folder, "closing-wal")), { code: "ENOENT" });
    const reopened = await openNew("closing");
    assert.equal(await amountOf(reopened, "last"), 9);
    await reopened[Symbol.asyncDispose]();
  });

  test("a file that cannot be opened is an error", async () => {
    await assert.rejects(openSqliteDatabase({ path: join(folder, "no", "such", "folder") }), /unable to open database file/);
  });
});

/** Counts the commits in a write-ahead log: the frames that carry the database's size. https://www.sqlite.org/fileformat2.html#walformat */
async function countCommits(path: string): Promise<number> {
  const wal = await readFile(`${path}-wal`);
  const frameBytes = 24 + wal.readUInt32BE(8);
  let commits = 0;
  for (let offset = 32; offset < wal.length; offset += frameBytes) {
    if (wal.readUInt32BE(offset + 4) > 0) commits++;
  }
  return commits;
}

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { CompiledQuery } from "kysely";
import type { Database } from "./database.ts";
import { openSqliteDatabase } from "./sqlite/sqlite-database.ts";

const first = { name: "0001-first", statements: ["create table first (id text primary key)"] };
const second = { name: "0002-second", statements: ["create table second (id text primary key)", "insert into first values ('seed')"] };

describe("migrations", () => {
  let folder: string;
  let database: Database;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "pilotlight-migrations-"));
    database = await openSqliteDatabase({ path: join(folder, "database") });
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  test("are applied once, in order, whatever was applied before", async () => {
    await database.migrate("shop", [first]);
    await database.migrate("shop", [first, second]);
    await database.migrate("shop", [first, second]);
    assert.deepEqual(await database.read(CompiledQuery.raw("select id from first")), [{ id: "seed" }]);
  });

  test("of one service say nothing about another's", async () => {
    await database.migrate("shop", [first]);
    await database.migrate("bank", [{ name: first.name, statements: ["create table accounts (id text primary key)"] }]);
    assert.deepEqual(await database.read(CompiledQuery.raw("select id from accounts")), []);
  });

  test("that this version does not know stop the service from opening", async () => {
    await database.migrate("shop", [first, second]);
    await assert.rejects(database.migrate("shop", [first]), /written by a newer version.*shop's migrations 0002-second/);
  });

  test("may not be slipped in before applied ones", async () => {
    await database.migrate("shop", [first]);
    await assert.rejects(database.migrate("shop", [{ name: "0000-zeroth", statements: [] }, first]), /shop's migration 0000-zeroth/);
  });

  test("that fail leave nothing behind", async () => {
    const broken = { name: "0001-broken", statements: ["create table half (id text)", "create table half (id text)"] };
    await assert.rejects(database.migrate("shop", [broken]), /table half already exists/);
    await database.migrate("shop", [{ name: "0001-broken", statements: ["create table half (id text)"] }]);
  });

  test("hold one statement per element", async () => {
    await assert.rejects(database.migrate("shop", [{ name: "0001-two", statements: ["select 1; select 2"] }]), /one statement per element/);
  });
});

/** Writes pairs of rows into the database at argv[2] from many writers at once, printing each pair's number once it is on disk. */
import { queryBuilder } from "#storage/query-builder.ts";
import { openSqliteDatabase } from "#storage/sqlite/sqlite-database.ts";

const sql = queryBuilder<{ halves: { pair: number; half: number } }>();
const writers = 50;

const database = await openSqliteDatabase({ path: process.argv[2]! });
await database.migrate("test", [
  { name: "0001-halves", statements: ["create table halves (pair integer not null, half integer not null, primary key (pair, half))"] },
]);
const insertHalf = (pair: number, half: number) => ({ query: sql.insertInto("halves").values({ pair, half }).compile() });

async function writeForEver(firstPair: number): Promise<never> {
  for (let pair = firstPair; ; pair += writers) {
    await database.write([insertHalf(pair, 1), insertHalf(pair, 2)]);
    process.stdout.write(`${pair}\n`);
  }
}
await Promise.all(Array.from({ length: writers }, (_, index) => writeForEver(index)));

import { type CompiledQuery, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";

/**
 * A Kysely that only compiles: stores write `database.read(sql.selectFrom(…)….compile())` and rows come back typed. A compiled
 * query keeps its syntax tree, from which another dialect's driver compiles anew; nothing may depend on the text of the SQL.
 */
export function queryBuilder<Tables>(): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (kysely) => new SqliteIntrospector(kysely),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

/**
 * A query that was compiled once, with other values in the order of its parameters: for the few statements that run so often that compiling
 * would count. A driver takes the statement from the tree and the values from `parameters`.
 */
export const withParameters = <Row>({ query, queryId, sql }: CompiledQuery<Row>, parameters: readonly unknown[]): CompiledQuery<Row> => ({
  query,
  queryId,
  sql,
  parameters,
});

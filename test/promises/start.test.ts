/** What a start of the product does not wait for (docs/decisions/0020-what-a-start-waits-for.md). */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const main = join(import.meta.dirname, "../../src/main.ts");

const script = `
  import { registerHooks } from "node:module";
  const loaded = [];
  registerHooks({
    load(url, context, next) {
      loaded.push(url);
      return next(url, context);
    },
  });
  await import(${JSON.stringify(main)});
  const internals = process.moduleLoadList.filter((name) => name.includes("undici"));
  process.stdout.write(JSON.stringify([...loaded, ...internals]));
`;

test("a start loads no service's state, no query builder, no SDK client and no HTTP client", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { timeout: 60_000 });
  const loaded = JSON.parse(stdout) as string[];
  assert.ok(loaded.some((name) => name.endsWith("/src/services/lambda/index.ts")));
  const heavy = loaded.filter((name) => /\/src\/services\/[^/]+\/(state|store)\b|\/kysely\/|\/@aws-sdk\/client-|undici/.test(name));
  assert.deepEqual(heavy, []);
});

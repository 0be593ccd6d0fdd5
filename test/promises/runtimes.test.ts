/** What `npm run runtimes` lists and installs. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";
import { toolchainFolder } from "#test/product.ts";

const main = resolve(import.meta.dirname, "../../src/main.ts");

function runtimes(
  words: readonly string[],
  settings: Record<string, string> = {},
): Promise<{ status: number; output: string; errors: string }> {
  const env = { PATH: "/nowhere", PILOTLIGHT_TOOLCHAIN_DIR: toolchainFolder, ...settings };
  return new Promise((done) => {
    const child = execFile(process.execPath, [main, "runtimes", ...words], { env }, (_, output, errors) =>
      done({ status: child.exitCode ?? -1, output, errors }),
    );
  });
}

test("each identifier has a line with its state, its date and what to do", async () => {
  const { status, output } = await runtimes([]);
  assert.equal(status, 0);
  assert.match(output, /^identifier +state +AWS until +what there is, or what to do$/m);
  assert.match(output, /^nodejs26\.x +ready +no date yet +\//m);
  assert.match(output, /^nodejs22\.x +(?:ready|fetchable) +2027-04-30 +\S/m);
  assert.match(output, /^python3\.14 +missing +2029-06-30 +Python 3\.14 is missing: put a working python3\.14 on the PATH\.$/m);
  assert.match(output, /^java21 +(?:ready|fetchable|missing) +2029-06-30 +\S/m);
  assert.match(output, /^provided\.al2023 +ready +2029-06-30 +the function brings its own$/m);
});

test("one is installed by its name, and what cannot be says why", async () => {
  const own = await runtimes(["install", "nodejs26.x"]);
  assert.deepEqual([own.status, own.output], [0, `nodejs26.x is ready: ${process.execPath}\n`]);
  const missing = await runtimes(["install", "python3.14"]);
  assert.deepEqual([missing.status, missing.output], [1, "Python 3.14 is missing: put a working python3.14 on the PATH.\n"]);
  const unknown = await runtimes(["install", "cobol74"]);
  assert.equal(unknown.status, 1);
  assert.match(unknown.output, /^There is no runtime "cobol74" here\. There are: nodejs20\.x, /);
  const several = await runtimes(["install", "python3.14", "provided.al2023"]);
  assert.deepEqual([several.status, several.output.split("\n")[1]], [1, "provided.al2023 is ready: the function brings its own"]);
  const nameless = await runtimes(["install"]);
  assert.equal(nameless.status, 1);
  assert.match(nameless.output, /^Name what shall be installed\. There are: nodejs20\.x, /);
  assert.match((await runtimes(["--help"])).output, /^Usage: npm run runtimes /);
  const misspelt = await runtimes(["instal", "java21"]);
  assert.equal(misspelt.status, 1);
  assert.match(misspelt.errors, /npm run runtimes -- install ID prepares one\. There is no "instal"\.\n$/);
});

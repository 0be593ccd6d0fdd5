/** What a process that waits for its function has rehearsed leaves no trace in it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const rehearse = join(import.meta.dirname, "../../runtimes/nodejs/rehearse.mjs");

const script = `
  import { existsSync, readdirSync } from "node:fs";
  import { createRequire } from "node:module";
  import { rehearse } from ${JSON.stringify(rehearse)};
  const folder = ["/proc/self/fd", "/dev/fd"].find(existsSync);
  const state = () => ({
    descriptors: readdirSync(folder).length,
    listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
    resources: process.getActiveResourcesInfo(),
    variables: Object.keys(process.env).filter((name) => name.startsWith("AWS_LAMBDA_")),
    modules: Object.keys(createRequire(import.meta.url).cache),
  });
  await rehearse(1);
  const once = state();
  let invocations = 0;
  const { parse } = JSON;
  JSON.parse = (...parameters) => (invocations++, parse(...parameters));
  await rehearse(20);
  JSON.parse = parse;
  const often = state();
  process.stdout.write(JSON.stringify({ once, often, invocations }));
`;

test("a rehearsal invokes as often as it is told, and leaves nothing open, no listener, no module and no variable", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { timeout: 60_000 });
  const { once, often, invocations } = JSON.parse(stdout);
  assert.deepEqual(often, once);
  assert.deepEqual([once.resources, once.modules, once.variables], [[], [], []]);
  assert.ok(!once.listeners.some(([name]: [string]) => name === "beforeExit"));
  // Six functions twice, one invocation more than those that are answered; of each, header and payload are parsed.
  assert.equal(invocations, 2 * 6 * 21 * 2);
});

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { silentLog } from "#kit/log.ts";
import { PythonSdk } from "./python-sdk.ts";

/** A Python that is a script: it notes what it is called with. */
async function open(t: TestContext, installs: string) {
  const folder = await mkdtemp(join(tmpdir(), "python-sdk-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, "python");
  const script = `#!/bin/sh
echo "$2" >> ${folder}/calls
target=
while [ $# -gt 0 ]; do [ "$1" = --target ] && target=$2; shift; done
[ -z "$target" ] || { ${installs}
}
`;
  await writeFile(program, script, { mode: 0o755 });
  await writeFile(join(folder, "sdk.txt"), "boto3==1 --hash=sha256:00\n");
  const warnings: string[] = [];
  const log = {
    ...silentLog,
    warn: (message: string, fields?: Record<string, unknown>) => void warnings.push(`${message} ${String(fields?.["why"])}`),
  };
  const sdk = (): PythonSdk => new PythonSdk(join(folder, "sdk.txt"), join(folder, "toolchains"), log);
  const calls = async (): Promise<string[]> => (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");
  return { sdk, program, folder, warnings, calls };
}

test("boto3 is fetched once, and compiled for each version", async (t) => {
  const { sdk, program, calls } = await open(t, 'echo "hello" > "$target/boto3.py"');
  const first = sdk();
  assert.equal(await first.isHere(), false);
  await Promise.all([first.prepare(program, "3.12"), first.prepare(program, "3.12")]);
  await first.prepare(program, "3.13");
  const later = sdk();
  assert.equal(await later.isHere(), true);
  await later.prepare(program, "3.13");
  assert.deepEqual(await calls(), ["pip", "compileall", "compileall"]);
  assert.deepEqual((await readdir((await later.folder())!)).toSorted(), [".compiled-3.12", ".compiled-3.13", "boto3.py"]);
});

test("without a network functions run without boto3, and a warning says so once", async (t) => {
  const { sdk, program, folder, warnings, calls } = await open(t, "echo 'No matching distribution found' >&2; exit 1");
  const first = sdk();
  await first.prepare(program, "3.12");
  await first.prepare(program, "3.13");
  assert.equal(await first.isHere(), false);
  assert.deepEqual(await calls(), ["pip"]);
  assert.deepEqual(warnings, [
    "functions in Python find no boto3 of ours: pip could not fetch it, which the next start tries again No matching distribution found",
  ]);
  assert.deepEqual(await readdir(join(folder, "toolchains")), []);
});

test("where no packages are named there is nothing to do", async (t) => {
  const { sdk, program, folder } = await open(t, "exit 1");
  await rm(join(folder, "sdk.txt"));
  await sdk().prepare(program, "3.12");
  assert.equal(await sdk().folder(), undefined);
  assert.equal(await sdk().isHere(), true);
});

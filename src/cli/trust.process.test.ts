/** `pilotlight trust` against a running product: what it tells a user of curl works. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type Product, startProduct } from "#test/product.ts";
import { instructions } from "./trust-instructions.ts";

const script = resolve(import.meta.dirname, "trust.ts");
let product: Product;
let folder: string;
before(async () => {
  product = await startProduct();
  folder = await mkdtemp(join(tmpdir(), "pilotlight-trust-"));
});
after(async () => {
  await product[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function trust(...args: string[]): Promise<{ status: number | null; output: string; errors: string }> {
  return new Promise((done) => {
    const child = execFile(process.execPath, [script, ...args], { cwd: folder }, (_, output, errors) =>
      done({ status: child.exitCode, output, errors }),
    );
  });
}

test("the certificate it fetches is one with which clients accept the HTTPS port", async () => {
  const { status, output } = await trust("--endpoint", product.endpoint);
  assert.equal(status, 0);
  const file = join(folder, "pilotlight-ca.pem");
  assert.match(output, new RegExp(`^The certificate is in ${file}\\.`));
  const answer = await new Promise<number | undefined>((done, fail) =>
    get(new URL("/_pilotlight/health", product.httpsEndpoint), { ca: readFileSync(file), agent: false }, (response) => {
      response.resume();
      done(response.statusCode);
    }).on("error", fail),
  );
  assert.equal(answer, 200);
});

test("without a Pilotlight it says so and writes nothing", async () => {
  const { status, errors } = await trust("--endpoint", "http://127.0.0.1:1", "--output", "none.pem");
  assert.equal(status, 1);
  assert.equal(errors, "Nothing answers at http://127.0.0.1:1. Start Pilotlight, or name another --endpoint.\n");
  assert.ok(!(await readdir(folder)).includes("none.pem"));
});

test("paths that a shell would take apart are quoted", () => {
  assert.match(instructions("/home/ada's things/ca.pem", "linux"), /NODE_EXTRA_CA_CERTS='\/home\/ada'\\''s things\/ca\.pem'\n/);
  assert.match(instructions("/ca.pem", "darwin"), /security add-trusted-cert .* \/ca\.pem\n/);
});

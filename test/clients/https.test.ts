/** The HTTPS port with real clients: the SDK, fetch, HTTP/2, curl and Python where this machine has them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { STS } from "@aws-sdk/client-sts";
import { type Product, startProduct } from "#test/product.ts";

const run = promisify(execFile);
const works = (program: string, ...args: string[]): Promise<boolean> =>
  run(program, args).then(
    () => true,
    () => false,
  );
const hasCurl = await works("curl", "--version");
const hasBoto3 = await works("python3", "-c", "import boto3");

describe("the HTTPS port of the product", () => {
  let product: Product;
  let caFile: string;
  before(async () => {
    product = await startProduct();
    caFile = join(product.dataFolder, "downloaded.pem");
    const answer = await fetch(`${product.endpoint}/_pilotlight/ca.pem`);
    assert.equal(answer.headers.get("content-type"), "application/x-pem-file");
    await writeFile(caFile, await answer.text());
  });
  after(() => product[Symbol.asyncDispose]());

  test("the key of the authority is for its owner only", async () => {
    assert.equal((await stat(join(product.dataFolder, "ca.key"))).mode & 0o777, 0o600);
    assert.equal((await readFile(join(product.dataFolder, "ca.pem"))).toString(), (await readFile(caFile)).toString());
  });

  test("an SDK client that trusts the authority is served", async () => {
    const httpsAgent = new Agent({ ca: await readFile(caFile) });
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const sts = new STS({
      endpoint: product.httpsEndpoint,
      region: "us-east-1",
      credentials,
      maxAttempts: 1,
      requestHandler: { httpsAgent },
    });
    assert.equal((await sts.getCallerIdentity({})).Account, "000000000000");
    sts.destroy();
    await assert.rejects(fetch(`${product.httpsEndpoint}/_pilotlight/health`), "a stranger does not trust it");
  });

  test("curl speaks HTTP/1.1 and HTTP/2", { skip: !hasCurl && "curl is not installed here" }, async () => {
    const port = new URL(product.httpsEndpoint).port;
    for (const [flag, version] of [
      ["--http1.1", "1.1"],
      ["--http2", "2"],
    ] as const) {
      const { stdout } = await run("curl", [
        "-sS",
        flag,
        "--cacert",
        caFile,
        "-w",
        " %{http_version}",
        `https://localhost:${port}/_pilotlight/health`,
      ]);
      assert.match(stdout, /"status":"ok"/);
      assert.ok(stdout.endsWith(` ${version}`), stdout);
    }
  });

  test("boto3 trusts it by AWS_CA_BUNDLE", { skip: !hasBoto3 && "boto3 is not installed here" }, async () => {
    const script = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])";
    const env = {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, AWS_CA_BUNDLE: caFile, AWS_ENDPOINT_URL: product.httpsEndpoint },
      ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1" },
    };
    const { stdout } = await run("python3", ["-c", script], { env });
    assert.equal(stdout.trim(), "000000000000");
  });
});

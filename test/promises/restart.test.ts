/** What survives, and what does not: stops, kills, second starts. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createFunction, eventually, payloadOf } from "#test/functions.ts";
import { connect, createFunctionRole, type ProductProcess, spawnProduct } from "#test/product.ts";

const pidSource = "exports.handler = async () => process.pid;";

describe("a data folder", () => {
  let dataFolder: string;
  const started: ProductProcess[] = [];

  const startAgain = async (): Promise<ProductProcess> => {
    const product = await spawnProduct(dataFolder);
    started.push(product);
    return product;
  };

  before(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-restart-"));
  });
  after(async () => {
    for (const { process: child } of started) child.kill("SIGKILL");
    await rm(dataFolder, { recursive: true, force: true });
  });

  test("keeps functions, roles and logs over a kill, and no process is left of it", async () => {
    const first = await startAgain();
    const clients = connect(first.endpoint);
    await createFunctionRole(clients);
    await createFunction(clients.lambda, "kept", pidSource, { Tags: { a: "b" } });
    const pid = payloadOf(await clients.lambda.invoke({ FunctionName: "kept" })) as number;
    await eventually(
      () => clients.logs.filterLogEvents({ logGroupName: "/aws/lambda/kept" }).catch(() => ({ events: [] })),
      ({ events }) => events!.some(({ message }) => message!.startsWith("REPORT")),
    );
    first.process.kill("SIGKILL");
    await once(first.process, "exit");

    const second = await startAgain();
    const { lambda, logs } = connect(second.endpoint);
    assert.deepEqual((await lambda.getFunction({ FunctionName: "kept" })).Tags, { a: "b" });
    await eventually(
      async () => isAlive(pid),
      (isThere) => !isThere,
    );
    assert.notEqual(payloadOf(await lambda.invoke({ FunctionName: "kept" })), pid);
    const { events } = await logs.filterLogEvents({ logGroupName: "/aws/lambda/kept", filterPattern: "REPORT" });
    assert.ok(events!.length >= 1);
    second.process.kill("SIGTERM");
    await once(second.process, "exit");
  });

  test("is refused to a second process, in words that help", async () => {
    const owner = await startAgain();
    await assert.rejects(spawnProduct(dataFolder), (error: Error) => {
      assert.match(error.message, /is in use by another Pilotlight/);
      assert.ok(error.message.includes(dataFolder));
      assert.doesNotMatch(error.message, /\n\s+at /, "no stack: this is not a bug");
      return true;
    });
    owner.process.kill("SIGTERM");
    await once(owner.process, "exit");
  });

  test("lets running invocations finish when it is told to stop, and ends every process", async () => {
    const product = await startAgain();
    const { lambda } = connect(product.endpoint);
    await createFunction(
      lambda,
      "finishing",
      `exports.handler = (event) => new Promise((resolve) => setTimeout(() => resolve(process.pid), event.ms));`,
    );
    const idlePid = payloadOf(await lambda.invoke({ FunctionName: "finishing", Payload: '{"ms":0}' })) as number;
    const running = lambda.invoke({ FunctionName: "finishing", Payload: '{"ms":700}' });
    await delay(200);
    product.process.kill("SIGTERM");
    const pid = payloadOf(await running) as number;
    const [code] = (await once(product.process, "exit")) as [number];
    assert.equal(code, 0);
    for (const each of [pid, idlePid]) assert.equal(await isAlive(each), false, `process ${each} is left`);
    assert.doesNotMatch(product.errors(), /error/);
  });

  test("runs every event that was accepted, although the process is killed", async () => {
    const first = await startAgain();
    const { lambda, logs } = connect(first.endpoint);
    const ledger = { logGroupName: "ledger", logStreamName: "numbers" };
    await logs.createLogGroup({ logGroupName: ledger.logGroupName });
    await logs.createLogStream(ledger);
    await createFunction(lambda, "counted", countingSource);
    const accepted: number[] = [];
    const sending = (async () => {
      for (let number = 0; ; number++) {
        await lambda.invoke({ FunctionName: "counted", InvocationType: "Event", Payload: JSON.stringify({ number }) });
        accepted.push(number);
      }
    })().catch(() => {});
    await eventually(
      async () => accepted.length,
      (count) => count >= 30,
    );
    first.process.kill("SIGKILL");
    await sending;

    const second = await startAgain();
    await eventually(
      async () => {
        const { events } = await connect(second.endpoint).logs.getLogEvents({ ...ledger, startFromHead: true });
        const seen = new Set(events!.map(({ message }) => Number(message)));
        return accepted.filter((number) => !seen.has(number));
      },
      (missing) => missing.length === 0,
    );
    second.process.kill("SIGTERM");
    await once(second.process, "exit");
  });
});

/** Writes down, durably, which events it has dealt with: an operation that answers has reached the disk. */
const countingSource = `
  const { CloudWatchLogs } = require("@aws-sdk/client-cloudwatch-logs");
  const logs = new CloudWatchLogs({});
  exports.handler = async ({ number }) => {
    const logEvents = [{ timestamp: Date.now(), message: String(number) }];
    await logs.putLogEvents({ logGroupName: "ledger", logStreamName: "numbers", logEvents });
  };`;

/** Whether a process runs; zombies do not count. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat !== undefined) return !/\) [ZX] /.test(stat);
  if ((await readdir("/proc").catch(() => [])).length > 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

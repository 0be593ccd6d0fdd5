/** What survives, and what does not: stops, kills, second starts. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createFunction, eventually, payloadOf } from "#test/functions.ts";
import { long } from "#test/long.ts";
import { processesTitled } from "#test/titled-processes.ts";
import { connect, createFunctionRole, type ProductProcess, spawnProduct } from "#test/product.ts";

const titled = (title: string, handler: string): string =>
  `process.title = "${title}"; const id = Math.random(); exports.handler = ${handler};`;

const kills = long ? 50 : 1;

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
    await createFunction(clients.lambda, "kept", titled("pl-kept", "async () => id"), { Tags: { a: "b" } });
    const id = payloadOf(await clients.lambda.invoke({ FunctionName: "kept" }));
    assert.equal((await processesTitled("pl-kept")).length, 1);
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
      async () => processesTitled("pl-kept"),
      (left) => left.length === 0,
    );
    assert.notEqual(payloadOf(await lambda.invoke({ FunctionName: "kept" })), id);
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
      titled("pl-finishing", "(event) => new Promise((resolve) => setTimeout(() => resolve(id), event.ms))"),
    );
    await lambda.invoke({ FunctionName: "finishing", Payload: '{"ms":0}' });
    const running = lambda.invoke({ FunctionName: "finishing", Payload: '{"ms":700}' });
    await delay(200);
    product.process.kill("SIGTERM");
    assert.equal((await processesTitled("pl-finishing")).length, 1);
    assert.equal(typeof payloadOf(await running), "number");
    const [code] = (await once(product.process, "exit")) as [number];
    assert.equal(code, 0);
    assert.deepEqual(await processesTitled("pl-finishing"), [], "processes are left");
    assert.doesNotMatch(product.errors(), /error/);
  });

  test("ends running invocations at once when it is told to stop a second time", async () => {
    const product = await startAgain();
    const { lambda } = connect(product.endpoint);
    await createFunction(lambda, "lingering", "exports.handler = () => new Promise((resolve) => setTimeout(resolve, 60_000));", {
      Timeout: 60,
    });
    const running = assert.rejects(lambda.invoke({ FunctionName: "lingering" }));
    await delay(200);
    const stopping = performance.now();
    for (const signal of ["SIGINT", "SIGTERM", "SIGINT"] as const) {
      product.process.kill(signal);
      await delay(100);
    }
    if (product.process.exitCode === null) await once(product.process, "exit");
    assert.equal(product.process.exitCode, 0);
    assert.ok(performance.now() - stopping < 10_000, "it waited for the invocation");
    await running;
  });

  test("that cannot be one is refused in words that help", async () => {
    const file = join(dataFolder, "format");
    await assert.rejects(spawnProduct(file), (error: Error) => {
      assert.match(error.message, /EEXIST.*--data-dir/);
      assert.doesNotMatch(error.message, /\n\s+at /, "no stack: this is not a bug");
      return true;
    });
  });

  test("runs every event that was accepted, although the process is killed", async () => {
    let product = await startAgain();
    const { lambda, logs } = connect(product.endpoint);
    const ledger = { logGroupName: "ledger", logStreamName: "numbers" };
    await logs.createLogGroup({ logGroupName: ledger.logGroupName });
    await logs.createLogStream(ledger);
    await createFunction(lambda, "counted", countingSource);
    const accepted: number[] = [];
    for (let round = 0; round < kills; round++) {
      const sending = send(product, accepted);
      await eventually(
        async () => accepted.length,
        (count) => count >= 30 * (round + 1),
      );
      product.process.kill("SIGKILL");
      await sending;
      product = await startAgain();
    }
    await eventually(
      async () => {
        const seen = await readNumbers(product, ledger);
        return accepted.filter((number) => !seen.has(number));
      },
      (missing) => missing.length === 0,
      // A burst may cost some their first attempt, and the second one comes a minute later.
      long ? 240 : 20,
    );
    product.process.kill("SIGTERM");
    await once(product.process, "exit");
  });
});

/** Sends events until the product is gone; `accepted` gets the numbers of those that were. */
async function send({ endpoint }: ProductProcess, accepted: number[]): Promise<void> {
  const { lambda } = connect(endpoint);
  // What is not accepted before the kill is not sent again: its number is not in the list.
  for (let number = (accepted.at(-1) ?? -1) + 2; ; number++) {
    try {
      await lambda.invoke({ FunctionName: "counted", InvocationType: "Event", Payload: JSON.stringify({ number }) });
    } catch {
      return;
    }
    accepted.push(number);
  }
}

async function readNumbers({ endpoint }: ProductProcess, ledger: { logGroupName: string; logStreamName: string }): Promise<Set<number>> {
  const { logs } = connect(endpoint);
  const seen = new Set<number>();
  for (let nextToken: string | undefined; ;) {
    const page = await logs.getLogEvents({ ...ledger, startFromHead: true, nextToken });
    for (const { message } of page.events!) seen.add(Number(message));
    if (page.nextForwardToken === nextToken) return seen;
    nextToken = page.nextForwardToken;
  }
}

/** Writes down, durably, which events it has dealt with: an operation that answers has reached the disk. */
const countingSource = `
  const { CloudWatchLogs } = require("@aws-sdk/client-cloudwatch-logs");
  const logs = new CloudWatchLogs({});
  exports.handler = async ({ number }) => {
    const logEvents = [{ timestamp: Date.now(), message: String(number) }];
    await logs.putLogEvents({ logGroupName: "ledger", logStreamName: "numbers", logEvents });
  };`;

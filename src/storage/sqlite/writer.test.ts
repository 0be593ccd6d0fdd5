import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { CompiledQuery } from "kysely";
import { Writer } from "./writer.ts";

const unit = [{ query: CompiledQuery.raw("select 1") }];

const dyingWorker = (lastWords: string): Worker =>
  new Worker(`require("node:worker_threads").parentPort.on("message", () => { ${lastWords} })`, { eval: true, execArgv: [] });

test("when the writer's thread throws, units that wait and units that come later are rejected", async () => {
  const writer = new Writer(dyingWorker(`throw new Error("the disk is on fire")`));
  const waiting = await Promise.allSettled(Array.from({ length: 600 }, () => writer.submit(unit)));
  const reasons = new Set(waiting.map((outcome) => outcome.status === "rejected" && (outcome.reason as Error).message));
  assert.deepEqual([...reasons], ["the database's writer failed: the disk is on fire"]);
  await assert.rejects(writer.submit(unit), /the disk is on fire/);
  await writer.close();
});

test("when the writer's thread ends, closing does not wait for ever", async () => {
  const writer = new Writer(dyingWorker("process.exit(0)"));
  const waiting = assert.rejects(writer.submit(unit), /the database's writer has ended/);
  await writer.close();
  await waiting;
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { PoolBench } from "./fixtures/pool-bench.ts";
import { specOf } from "./fixtures/specs.ts";

const spec = specOf({ key: "a", functionName: "a" });

async function provisioned(count: number, bench = new PoolBench()): Promise<PoolBench> {
  bench.pool.provision(spec, count);
  await bench.clock.advance(0);
  return bench;
}

test("environments are initialised before they are needed, serve first, and stay", async () => {
  const bench = await provisioned(2);
  assert.deepEqual(bench.pool.provisioned("a"), { allocated: 2, available: 2 });
  const answers = [await bench.begin(), await bench.begin(), await bench.begin()];
  assert.deepEqual(bench.initialisations, ["provisioned-concurrency", "provisioned-concurrency", "on-demand"]);
  bench.finish("m1", "m2", "m3");
  assert.deepEqual(new Set(await Promise.all(answers.map(({ answer }) => answer))), new Set(["m1", "m2", "m3"]));
  await bench.begin();
  assert.equal(bench.member("m3").served, 1, "the one made on demand is the last to be taken");
  bench.finish("m2");
  await bench.clock.advance(3_600_000);
  assert.deepEqual(bench.stopped, ["m3"]);
  await bench.pool.drain(0);
  assert.deepEqual(bench.stopped, ["m1", "m2", "m3"]);
  assert.equal(bench.clock.pendingCount, 0);
});

test("they make room for nobody", async () => {
  const bench = await provisioned(2, new PoolBench(2));
  await assert.rejects((await bench.begin("b")).answer, { name: "SandboxBusy" });
  assert.deepEqual(bench.stopped, []);
});

test("more are added, fewer are given back: first those that are free, the busy ones when they are", async () => {
  const bench = await provisioned(3);
  await bench.begin();
  await bench.begin();
  await provisioned(1, bench);
  assert.deepEqual([bench.stopped, bench.pool.provisioned("a")], [["m1"], { allocated: 1, available: 1 }]);
  bench.finish("m2", "m3");
  assert.equal(bench.stopped.length, 2);
  await provisioned(0, bench);
  assert.deepEqual([bench.stopped, bench.pool.provisioned("a")], [["m1", "m2", "m3"], { allocated: 0, available: 0 }]);
  assert.equal(bench.clock.pendingCount, 0);
});

test("one that crashes is replaced, at once the first time and then more and more slowly", async () => {
  const bench = await provisioned(1);
  bench.member("m1").crash();
  await bench.clock.advance(0);
  assert.deepEqual([bench.stopped, bench.pool.provisioned("a").available], [["m1"], 1]);
  await bench.begin();
  bench.member("m2").isInitialised = false;
  bench.finish("m2");
  assert.equal(bench.pool.provisioned("a").available, 0);
  await bench.clock.advance(999);
  assert.equal(bench.members.length, 2);
  await bench.clock.advance(1);
  assert.deepEqual([bench.members.length, bench.stopped, bench.pool.provisioned("a").available], [3, ["m1", "m2"], 1]);
});

test("one that crashes makes its own place for the one that replaces it", async () => {
  const bench = await provisioned(1, new PoolBench(1));
  bench.member("m1").crash();
  await bench.clock.advance(0);
  assert.deepEqual(bench.pool.provisioned("a"), { allocated: 1, available: 1 });
});

test("a failed initialisation is told, serves nobody, and is tried again until it succeeds", async () => {
  const bench = new PoolBench();
  bench.initialisation = Promise.resolve(false);
  await provisioned(2, bench);
  const { failure, ...counts } = bench.pool.provisioned("a");
  assert.deepEqual([counts, failure?.reason], [{ allocated: 0, available: 0 }, "init"]);
  assert.equal(bench.stopped.length, bench.members.length);
  const failedCount = bench.members.length;
  await bench.clock.advance(3_600_000);
  const hourly = bench.members.length - failedCount;
  assert.ok(hourly > 10 && hourly < 60, `${hourly} more were tried in an hour`);
  bench.initialisation = Promise.resolve(true);
  await bench.clock.advance(300_000);
  assert.deepEqual(bench.pool.provisioned("a"), { allocated: 2, available: 2 });
});

test("where there is no room that is the failure, and it is made good when there is", async () => {
  const bench = new PoolBench(2);
  await bench.begin("b");
  await provisioned(2, bench);
  assert.deepEqual(bench.pool.provisioned("a").failure?.reason, "busy");
  assert.equal(bench.pool.provisioned("a").available, 1);
  bench.finish("m1");
  await bench.clock.advance(60_000);
  assert.deepEqual(bench.pool.provisioned("a"), { allocated: 2, available: 2 });
});

test("those that grow old are replaced, and serve until their successors are ready", async () => {
  const bench = await provisioned(1);
  bench.member("m1").replaceAtMs = bench.clock.now() + 200_000;
  await bench.clock.advance(120_000);
  assert.deepEqual([bench.stopped, bench.members.length], [["m1"], 2]);
  assert.deepEqual(bench.pool.provisioned("a"), { allocated: 1, available: 1 });
});

test("retiring the spec ends the provision", async () => {
  const bench = await provisioned(2);
  await bench.begin();
  const retired = bench.pool.retire("a");
  await bench.clock.advance(0);
  assert.equal(bench.stopped.length, 1);
  bench.finish("m2");
  await retired;
  await bench.clock.advance(3_600_000);
  assert.deepEqual([bench.stopped, bench.members.length], [["m1", "m2"], 2]);
});

test("a thousand may be started at once, and then a hundred a second", async () => {
  const bench = await provisioned(1_010, new PoolBench(2_000));
  assert.equal(bench.pool.provisioned("a").available, 1_000);
  await bench.clock.advance(50);
  assert.equal(bench.pool.provisioned("a").available, 1_005);
  await bench.clock.advance(50);
  assert.equal(bench.pool.provisioned("a").available, 1_010);
});

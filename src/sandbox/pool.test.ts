import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { SandboxFailure } from "./contract.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";
import { FakeMember } from "./fixtures/fake-member.ts";
import { idleMs, PoolBench as Bench } from "./fixtures/pool-bench.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { EnvironmentPool } from "./pool.ts";
import type { PoolMember } from "./pool-member.ts";

test("a free environment serves again, the most recently used first; keys do not mix", async () => {
  const bench = new Bench();
  await bench.begin("a");
  await bench.begin("a");
  await bench.begin("b");
  bench.finish("m2", "m1", "m3");
  const { answer } = await bench.begin("a");
  bench.finish("m1");
  assert.equal(await answer, "m1");
  assert.deepEqual(
    bench.members.map((member) => [member.key, member.served]),
    [
      ["a", 2],
      ["a", 1],
      ["b", 1],
    ],
  );
});

test("who comes while an environment concludes gets that one, and no second is made", async () => {
  const bench = new Bench();
  await bench.begin("a");
  bench.member("m1").answer();
  const { answer } = await bench.begin("a");
  assert.equal(bench.members.length, 1);
  bench.member("m1").becomeFree();
  bench.finish("m1");
  assert.equal(await answer, "m1");
  assert.equal(bench.members.length, 1);
});

test("one concluding environment is waited for by one invocation only, and not for long", async () => {
  const bench = new Bench();
  await bench.begin("a");
  bench.member("m1").answer();
  const first = await bench.begin("a");
  const second = await bench.begin("a");
  assert.equal(bench.members.length, 2, "the second one got an environment of its own");
  await bench.clock.advance(10);
  assert.equal(bench.members.length, 3, "m1 hangs in its conclusion, so the first one got another");
  bench.member("m1").becomeFree();
  bench.finish("m2", "m3");
  assert.deepEqual([await first.answer, await second.answer], ["m3", "m2"]);
  const { answer } = await bench.begin("a");
  bench.finish("m3");
  assert.equal(await answer, "m3");
});

test("an environment that is retired while it concludes leaves its waiter to a new one, which is retired too", async () => {
  const bench = new Bench();
  await bench.begin("a");
  bench.member("m1").answer();
  const { answer } = await bench.begin("a");
  const retired = bench.pool.retire("a");
  bench.member("m1").becomeFree();
  await bench.clock.advance(10);
  bench.finish("m2");
  assert.equal(await answer, "m2");
  await retired;
  assert.deepEqual(bench.stopped, ["m1", "m2"]);
});

test("tenants never share an environment; retiring the spec ends those of all", async () => {
  const bench = new Bench();
  for (const tenant of ["red", "blue"]) {
    await bench.begin("a", tenant);
    bench.finish(`m${bench.members.length}`);
  }
  await bench.begin("a", "red");
  bench.finish("m1");
  await bench.begin("a");
  await bench.begin("a", "green");
  bench.finish("m3", "m4");
  assert.deepEqual(
    bench.members.map(({ served }) => served),
    [2, 1, 1, 1],
  );
  await bench.pool.retire("a");
  assert.deepEqual(bench.stopped, ["m1", "m2", "m3", "m4"]);
});

test("beyond the limit the longest idle makes room; when all are busy the answer is SandboxBusy", async () => {
  const bench = new Bench(2);
  await bench.begin("a");
  await bench.begin("b");
  await assert.rejects((await bench.begin("c")).answer, { name: "SandboxBusy" });
  bench.finish("m1");
  await bench.clock.advance(1);
  bench.finish("m2");
  await bench.begin("c");
  assert.deepEqual(bench.stopped, ["m1"]);
  assert.equal(bench.member("m3").key, "c");
});

test("of many that come at once few are started; who waits takes the first that is free, or starts one in turn", async () => {
  const bench = new Bench(10, 2);
  const creation = Promise.withResolvers<void>();
  bench.creation = creation.promise;
  const begun = [];
  for (let n = 0; n < 5; n++) begun.push(await bench.begin());
  assert.equal(bench.members.length, 0);
  creation.resolve();
  await bench.clock.advance(0);
  // Two were started; as they were ready, so were the next.
  assert.equal(bench.members.length, 5);

  const later = new Bench(10, 1);
  await later.begin();
  const pending = Promise.withResolvers<void>();
  later.creation = pending.promise;
  await later.begin();
  const { answer } = await later.begin();
  later.finish("m1");
  later.finish("m1");
  assert.equal(await answer, "m1");
  pending.resolve();
  await later.clock.advance(0);
  assert.equal(later.members.length, 2);
});

test("an initialisation that takes long lets others start; who waits in vain is throttled, and at the end refused", async () => {
  const bench = new Bench(2, 1);
  const creation = Promise.withResolvers<void>();
  bench.creation = creation.promise;
  const first = await bench.begin();
  const second = await bench.begin();
  const third = await bench.begin();
  // As many as there may be environments wait, and no more.
  await assert.rejects((await bench.begin()).answer, { name: "SandboxBusy" });
  await bench.clock.advance(500);
  await bench.clock.advance(500);
  await assert.rejects(third.answer, { name: "SandboxBusy", message: /all 2 execution environments are busy/ });
  creation.resolve();
  await bench.clock.advance(0);
  bench.finish("m1", "m2");
  assert.deepEqual(await Promise.all([first.answer, second.answer]), ["m1", "m2"]);

  const stopping = new Bench(10, 1);
  stopping.creation = Promise.withResolvers<void>().promise;
  await stopping.begin();
  const waiting = await stopping.begin();
  void stopping.pool.drain(0);
  await assert.rejects(waiting.answer, { name: "SandboxFailure", reason: "stopping" });
});

test("what is idle for too long is ended, what was used meanwhile is not", async () => {
  const bench = new Bench();
  await bench.begin();
  await bench.begin();
  bench.finish("m1", "m2");
  await bench.clock.advance(idleMs - 1);
  await bench.begin();
  bench.finish("m2");
  await bench.clock.advance(1);
  assert.deepEqual(bench.stopped, ["m1"]);
  await bench.clock.advance(idleMs - 1);
  assert.deepEqual(bench.stopped, ["m1", "m2"]);
  assert.equal(bench.clock.pendingCount, 0);
});

test("an environment past its time is replaced", async () => {
  const bench = new Bench();
  await bench.begin();
  bench.member("m1").replaceAtMs = bench.clock.now() + 1_000;
  bench.finish("m1");
  await bench.clock.advance(999);
  await bench.begin();
  bench.finish("m1");
  await bench.clock.advance(1);
  await bench.begin();
  assert.deepEqual(
    bench.members.map((member) => member.served),
    [2, 1],
  );
  assert.deepEqual(bench.stopped, ["m1"]);
});

test("retiring ends the free at once and the busy when they are free, and resolves then", async () => {
  const bench = new Bench();
  await bench.begin("a");
  const { answer } = await bench.begin("a");
  await bench.begin("b");
  bench.finish("m1");
  let isGone = false;
  const gone = bench.pool.retire("a").then(() => (isGone = true));
  await bench.clock.advance(0);
  assert.deepEqual([bench.stopped, isGone], [["m1"], false]);
  bench.finish("m2");
  assert.equal(await answer, "m2");
  await gone;
  assert.deepEqual(bench.stopped, ["m1", "m2"]);
  await bench.begin("a");
  assert.equal(bench.member("m4").served, 1);
});

test("a failed creation is passed on and gives its place back", async () => {
  const failure = new SandboxFailure("internal", "no");
  let attempts = 0;
  const pool = new EnvironmentPool(new ManualClock(), { environments: 1, starts: 1, idleMs }, async () => {
    attempts++;
    throw failure;
  });
  for (const attempt of [1, 2]) {
    await assert.rejects(pool.invoke(specOf(), requestOf()), failure);
    assert.equal(attempts, attempt);
  }
});

test("a drain waits for those that run, but not longer than the grace", async () => {
  const bench = new Bench();
  const quick = await bench.begin();
  const slow = await bench.begin();
  await bench.begin();
  bench.finish("m3");
  let isDrained = false;
  const drained = bench.pool.drain(5_000).then(() => (isDrained = true));
  await bench.clock.advance(4_999);
  assert.deepEqual(bench.stopped, ["m3"]);
  bench.finish("m1");
  assert.equal(await quick.answer, "m1");
  await assert.rejects(bench.pool.invoke(specOf(), requestOf()), { reason: "stopping" });
  assert.equal(isDrained, false);
  await bench.clock.advance(1);
  await drained;
  await assert.rejects(slow.answer, { reason: "stopping" });
  assert.deepEqual(bench.stopped, ["m1", "m2", "m3"]);
  assert.equal(bench.clock.pendingCount, 0);
});

test("an environment that arrives during a drain is ended, and its invocation refused", async () => {
  const clock = new ManualClock();
  const arrival = Promise.withResolvers<PoolMember>();
  const pool = new EnvironmentPool(clock, { environments: 1, starts: 1, idleMs }, () => arrival.promise);
  const answer = pool.invoke(specOf(), requestOf());
  await Promise.all([pool.drain(10), clock.advance(10)]);
  const member = new FakeMember("late", "a", { onAnswered() {}, onFree() {}, onLost() {} });
  arrival.resolve(member);
  await assert.rejects(answer, { reason: "stopping" });
  assert.deepEqual([member.isStopped, member.served], [true, 0]);
});

test("a function that wants many environments holds up no other that wants one", async () => {
  const bench = new Bench(100, 2);
  const creation = Promise.withResolvers<void>();
  bench.creation = creation.promise;
  for (let n = 0; n < 50; n++) await bench.begin("noisy");
  await bench.begin("quiet");
  creation.resolve();
  await bench.clock.advance(0);
  const turn = bench.members.findIndex(({ key }) => key === "quiet");
  assert.ok(turn >= 2 && turn <= 4, `it was started as number ${turn + 1}`);
});

test("where the memory is short the longest idle makes room; when nothing is idle the answer is SandboxBusy", async () => {
  let usedMb = 0;
  const bench = new Bench(
    100,
    100,
    (clock) => new MemoryBudget(clock, [() => ({ usedBytes: usedMb * 2 ** 20, limitBytes: 1_000 * 2 ** 20 })]),
  );
  for (const key of ["a", "b", "c"]) await bench.begin(key);
  bench.finish("m2");
  await bench.clock.advance(200);
  usedMb = 930;
  await bench.begin("d");
  assert.deepEqual(bench.stopped, ["m2"]);
  await assert.rejects((await bench.begin("e")).answer, { name: "SandboxBusy", message: /no room/ });
  usedMb = 100;
  await bench.clock.advance(200);
  await bench.begin("e");
  bench.finish("m1", "m3", "m4");
  usedMb = 990;
  await bench.clock.advance(1_000);
  assert.deepEqual(bench.stopped, ["m1", "m2"], "functions that grow take what the idle ones have, one after the other");
});

test("a function that grows too fast is throttled, and no other", async () => {
  const bench = new Bench(5_000);
  const answers = [];
  for (let n = 0; n < 1_001; n++) answers.push((await bench.begin()).answer);
  await assert.rejects(answers.at(-1) as Promise<string>, { name: "SandboxBusy" });
  assert.equal(bench.members.length, 1_000);
  await bench.begin("b");
  await bench.clock.advance(10);
  await bench.begin();
  assert.equal(bench.members.length, 1_002);
});

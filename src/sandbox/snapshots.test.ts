import assert from "node:assert/strict";
import { test } from "node:test";
import { SandboxFailure } from "./contract.ts";
import type { MemoryImage } from "./drivers/driver.ts";
import type { EnvironmentRole } from "./environment-role.ts";
import type { FakeMember } from "./fixtures/fake-member.ts";
import { PoolBench } from "./fixtures/pool-bench.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";

const spec = specOf({ key: "a", functionName: "a", hasSnapStart: true });
const other = specOf({ key: "b", functionName: "b", hasSnapStart: true });

class FakeImage implements MemoryImage {
  isGood = true;
  isUsable(): boolean {
    return this.isGood;
  }
  release(): void {
    this.isGood = false;
  }
}

function open(environments = 10, image?: MemoryImage): PoolBench {
  const bench = new PoolBench(environments);
  bench.onMade = (member: FakeMember, isOfImage) => {
    member.hasSnapshot = true;
    member.isCheckpointed = isOfImage;
    member.image = image && { memory: image, role: {} as EnvironmentRole };
  };
  return bench;
}

/** The name of the member that served. */
async function serve({ pool, clock, members }: PoolBench, of = spec): Promise<string> {
  const answer = pool.invoke(of, requestOf());
  answer.catch(() => {});
  // Long enough not to wait any more for one that has answered.
  for (let turn = 0; turn < 12; turn++) await clock.advance(1);
  for (const member of members) member.answer();
  return String((await answer).payload);
}

test("the one that waits serves, becomes as others are, and the next one waits", async () => {
  const bench = open();
  assert.equal(await bench.pool.snapshot(spec), undefined);
  assert.deepEqual(bench.initialisations, ["snap-start"]);
  assert.equal(await serve(bench), "m1");
  assert.equal(bench.members.length, 1);
  await bench.clock.advance(20);
  assert.equal(bench.members.length, 2);
  bench.member("m1").becomeFree();
  assert.equal(await serve(bench), "m1", "one that is free comes first");
  assert.equal(await serve(bench), "m2");
});

test("whoever comes when none waits has one made, and one that waits is made besides", async () => {
  const bench = open();
  assert.equal(await serve(bench), "m1");
  await bench.clock.advance(20);
  assert.equal(bench.member("m2").isCheckpointed, true);
});

test("an image serves any number, and what waits is made of it", async () => {
  const bench = open(10, new FakeImage());
  await bench.pool.snapshot(spec);
  assert.deepEqual([await serve(bench), await serve(bench), await serve(bench)], ["m1", "m2", "m3"]);
  await bench.clock.advance(1_000);
  assert.equal(bench.members.length, 4);
  assert.deepEqual(bench.ofImage, ["m2", "m3", "m4"]);
  assert.equal(await serve(bench), "m4");
});

test("an image that cannot be used any more is made anew", async () => {
  const image = new FakeImage();
  const bench = open(10, image);
  await bench.pool.snapshot(spec);
  await serve(bench);
  image.isGood = false;
  assert.equal(await serve(bench), "m2");
  assert.deepEqual(bench.ofImage, []);
  await bench.clock.advance(20);
  assert.equal(bench.member("m3").isCheckpointed, true);
});

test("what is lost in the restore is made up for, what its hooks do is not", async () => {
  const image = new FakeImage();
  const bench = open(10, image);
  await bench.pool.snapshot(spec);
  const lost = Promise.reject(new SandboxFailure("restore-lost", "ended"));
  lost.catch(() => {});
  bench.member("m1").restoration = lost;
  assert.equal(await serve(bench), "m2");
  assert.deepEqual(bench.stopped, ["m1"]);
  const failed = Promise.reject(new SandboxFailure("restore-failed", "hook"));
  failed.catch(() => {});
  bench.onMade = (member, isOfImage) => {
    member.hasSnapshot = true;
    member.isCheckpointed = isOfImage;
    member.restoration = failed;
  };
  await assert.rejects(serve(bench), { reason: "restore-failed" });
  assert.equal(image.isGood, true);
});

test("those that wait make room first, and take none from others", async () => {
  const bench = open(2);
  await bench.pool.snapshot(spec);
  assert.equal(await serve(bench, other), "m2");
  assert.deepEqual(bench.stopped, []);
  await bench.clock.advance(20);
  assert.equal(bench.members.length, 2, "there is no room for one more that waits");
  bench.member("m2").becomeFree();
  const third = specOf({ key: "c" });
  bench.onMade = () => {};
  assert.equal(await serve(bench, third), "m3");
  assert.deepEqual(bench.stopped, ["m1"]);
});

test("a failed initialisation is told, and tried again after a pause that grows", async () => {
  const bench = open();
  bench.initialisation = Promise.resolve(false);
  assert.deepEqual(await bench.pool.snapshot(spec), {
    reason: "init",
    message: "Task timed out after 1.00 seconds",
    errorType: "Sandbox.Timedout",
  });
  assert.deepEqual(bench.stopped, ["m1"]);
  await serve(bench);
  await bench.clock.advance(980);
  assert.equal(bench.members.length, 2);
  await bench.clock.advance(20);
  assert.equal(bench.members.length, 3);
});

test("one that dies while it waits is replaced; of what is retired nothing is left", async () => {
  const image = new FakeImage();
  const bench = open(10, image);
  await bench.pool.snapshot(spec);
  image.isGood = false;
  bench.member("m1").isCheckpointed = false;
  bench.member("m1").crash();
  await bench.clock.advance(20);
  assert.deepEqual([bench.stopped, bench.members.length], [["m1"], 2]);
  await bench.pool.retire(spec.key);
  assert.deepEqual(bench.stopped, ["m1", "m2"]);
});

test("the end of the pool ends them, and what is being made", async () => {
  const bench = open();
  await bench.pool.snapshot(spec);
  const arrival = Promise.withResolvers<void>();
  bench.creation = arrival.promise;
  const making = bench.pool.snapshot(other);
  making.catch(() => {});
  const drained = bench.pool.drain(60_000);
  arrival.resolve();
  await assert.rejects(making, { reason: "stopping" });
  await drained;
  assert.ok(bench.members.every(({ isStopped }) => isStopped));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Satellite } from "./satellite.ts";
import { Admission } from "./admission.ts";

const scope = { accountId: "123456789012", region: "eu-central-1" };
const idOf = (name: string) => ({ ...scope, name, environmentKey: `key of ${name}` });

/** An admission over these reservations, which a test may change, and environments that are ready. */
function admissionOver(reserved: Record<string, number>, ready: Record<string, number> = {}): Admission {
  const satellites = (): Array<Satellite<"reserved-concurrency">> =>
    Object.entries(reserved).map(([name, executions]) => ({
      kind: "reserved-concurrency",
      place: { ...idOf(name), qualifier: "$LATEST" },
      content: { executions },
    }));
  const provisions = Object.entries(ready).map(([name, requested]) => ({
    kind: "provisioned-concurrency",
    place: { ...idOf(name), qualifier: "1" },
    content: { requested, modifiedMs: 0 },
  }));
  const store = {
    of: ({ name }: { name: string }) => satellites().filter(({ place }) => place.name === name),
    inAccount: (kind: string) => (kind === "provisioned-concurrency" ? provisions : satellites()) as never,
  };
  return new Admission(store, ({ name }) => ready[name] ?? 0);
}

/** Takes places for invocations that never end; the number that were admitted. */
async function fill(admission: Admission, name: string, count: number): Promise<number> {
  let admitted = 0;
  const runs = Array.from({ length: count }, () => admission.run(idOf(name), () => (admitted++, new Promise<never>(() => {}))));
  await Promise.race([Promise.allSettled(runs), new Promise((resolve) => setImmediate(resolve))]);
  return admitted;
}

const refusedBy = (Reason: string) => ({ code: "TooManyRequestsException", members: { Reason, Type: "User", retryAfterSeconds: "1" } });

test("a reservation is a function's own: no less than that, and no more", async () => {
  const admission = admissionOver({ own: 2 });
  assert.equal(await fill(admission, "own", 3), 2);
  await assert.rejects(
    admission.run(idOf("own"), async () => {}),
    refusedBy("ReservedFunctionConcurrentInvocationLimitExceeded"),
  );
  assert.equal(await admission.run(idOf("other"), async () => "ran"), "ran");
});

test("a reservation of nothing switches a function off", async () => {
  await assert.rejects(
    admissionOver({ off: 0 }).run(idOf("off"), async () => {}),
    refusedBy("ReservedFunctionConcurrentInvocationLimitExceeded"),
  );
});

test("functions without a reservation share what is left of the account's thousand", async () => {
  const admission = admissionOver({ own: 900 });
  assert.equal((await fill(admission, "one", 60)) + (await fill(admission, "two", 60)), 100);
  await assert.rejects(
    admission.run(idOf("three"), async () => {}),
    refusedBy("ConcurrentInvocationLimitExceeded"),
  );
  assert.equal(await admission.run({ ...idOf("one"), region: "us-east-1" }, async () => "elsewhere"), "elsewhere");
  assert.equal(await admission.run(idOf("own"), async () => "ran"), "ran");
});

test("a place is free again when its invocation has ended, well or badly", async () => {
  const admission = admissionOver({ own: 1 });
  for (let turn = 0; turn < 3; turn++) {
    assert.equal(await admission.run(idOf("own"), async () => turn), turn);
    await assert.rejects(
      admission.run(idOf("own"), () => Promise.reject(new Error("it broke"))),
      { message: "it broke" },
    );
  }
});

test("what is provisioned is a function's own; what is beyond it shares what the account has left", async () => {
  const admission = admissionOver({ own: 700 }, { ready: 200 });
  assert.equal(await fill(admission, "other", 150), 100);
  assert.equal(await fill(admission, "ready", 250), 200);
  await assert.rejects(
    admission.run(idOf("ready"), async () => {}),
    refusedBy("ConcurrentInvocationLimitExceeded"),
  );
  const alone = admissionOver({}, { ready: 200 });
  assert.equal(await fill(alone, "ready", 1_100), 1_000);
});

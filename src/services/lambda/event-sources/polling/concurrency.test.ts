import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Concurrency } from "./concurrency.ts";

describe("the concurrency of a queue", () => {
  test("begins with five, and grows by five a second while slow batches wait", () => {
    const concurrency = new Concurrency({});
    assert.equal(concurrency.limit, 5);
    for (let count = 0; count < 100; count++) concurrency.succeeded(1_000, true, 500);
    assert.equal(concurrency.limit, 10);
    for (let second = 1; second < 1_000; second++)
      for (let count = 0; count < 100; count++) concurrency.succeeded(1_000, true, second * 1_000);
    assert.equal(concurrency.limit, 1_250);
  });

  test("stays where it is for a function that is quick, or a queue that is empty", () => {
    const concurrency = new Concurrency({});
    for (let second = 0; second < 10; second++) {
      concurrency.succeeded(5, true, second * 1_000);
      concurrency.succeeded(1_000, false, second * 1_000);
    }
    assert.equal(concurrency.limit, 5);
  });

  test("is halved by failures, down to one, and comes back by success", () => {
    const concurrency = new Concurrency({});
    concurrency.failed();
    assert.equal(concurrency.limit, 2);
    for (let count = 0; count < 5; count++) concurrency.failed();
    assert.equal(concurrency.limit, 1);
    for (let count = 0; count < 10; count++) concurrency.succeeded(1, false, 0);
    assert.equal(concurrency.limit, 5);
  });

  test("keeps to what is configured", () => {
    const scaled = new Concurrency({ ScalingConfig: { MaximumConcurrency: 2 } });
    for (let second = 0; second < 10; second++) scaled.succeeded(1_000, true, second * 1_000);
    assert.equal(scaled.limit, 2);
    const provisioned = new Concurrency({ ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 3 } });
    assert.equal(provisioned.limit, 20);
    for (let second = 0; second < 10; second++) for (let count = 0; count < 5; count++) provisioned.succeeded(1_000, true, second * 1_000);
    assert.equal(provisioned.limit, 30);
  });
});

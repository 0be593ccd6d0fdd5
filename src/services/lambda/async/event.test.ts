import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { afterFailure, afterRefusal, type AsyncEvent, isTooOld } from "./event.ts";

const event: AsyncEvent = {
  sequence: 1,
  requestId: "r",
  target: { accountId: "123456789012", region: "eu-central-1", name: "f" },
  payload: Buffer.from("{}"),
  context: { traceId: "Root=1" },
  acceptedMs: 0,
  dueMs: 0,
  failures: 0,
  refusals: 0,
};
const limits = { retries: 2, ageMs: 21_600_000 };
const refusal = { statusCode: 429, message: "Rate Exceeded." };

describe("an event", () => {
  test("is tried again one minute and two minutes after an error of its function, and then no more", () => {
    const second = afterFailure(event, limits, 5) as AsyncEvent;
    assert.equal(second.dueMs, 60_005);
    const third = afterFailure(second, limits, 60_010) as AsyncEvent;
    assert.equal(third.dueMs, 180_010);
    assert.equal(afterFailure(third, limits, 180_020), "RetriesExhausted");
  });

  test("is tried as often as is allowed", () => {
    assert.equal(afterFailure(event, { ...limits, retries: 0 }, 0), "RetriesExhausted");
    assert.equal(afterFailure({ ...event, failures: 1 }, { ...limits, retries: 1 }, 0), "RetriesExhausted");
  });

  test("does not wait for an attempt that would come too late", () => {
    assert.equal(afterFailure(event, { ...limits, ageMs: 60_000 }, 0), "EventAgeExceeded");
    assert.equal(typeof afterFailure(event, { ...limits, ageMs: 60_001 }, 0), "object");
  });

  test("that meets throttles is tried again after one second, two, four, at last every five minutes, until it is too old", () => {
    const delays: number[] = [];
    let current: AsyncEvent = event;
    for (;;) {
      const nowMs = current.dueMs;
      const next = afterRefusal(current, refusal, limits, nowMs);
      if (typeof next === "string") {
        assert.equal(next, "EventAgeExceeded");
        break;
      }
      delays.push((next.dueMs - nowMs) / 1_000);
      current = next;
    }
    assert.deepEqual(delays.slice(0, 11), [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    assert.equal(current.dueMs, limits.ageMs, "its end comes on time");
    assert.equal(current.failures, 0);
    assert.deepEqual(current.lastRefusal, refusal);
    assert.ok(isTooOld(current, limits, current.dueMs) && !isTooOld(current, limits, current.dueMs - 1));
  });

  test("starts its back-off anew after it has reached the function", () => {
    const refused = afterRefusal(event, refusal, limits, 0) as AsyncEvent;
    const failed = afterFailure(refused, limits, 1_000) as AsyncEvent;
    assert.equal(failed.refusals, 0);
    assert.equal(failed.lastRefusal, undefined);
  });
});

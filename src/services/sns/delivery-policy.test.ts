import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { effectiveHttpPolicy, effectiveTopicPolicy, httpRetryDelayMs, ownRetryDelayMs, readDeliveryPolicy } from "./delivery-policy.ts";

const delays = (policy: object): number[] => {
  const { retries } = effectiveHttpPolicy(undefined, JSON.stringify({ healthyRetryPolicy: policy }));
  return Array.from({ length: 101 }, (_, retry) => httpRetryDelayMs(retries, retry)).filter((delay) => delay !== undefined);
};

describe("retries of HTTP endpoints", () => {
  test("are three, 20 seconds apart, unless somebody says otherwise", () => {
    const { retries, contentType } = effectiveHttpPolicy(undefined, undefined);
    assert.deepEqual(
      [0, 1, 2, 3].map((retry) => httpRetryDelayMs(retries, retry)),
      [20_000, 20_000, 20_000, undefined],
    );
    assert.equal(contentType, "text/plain; charset=UTF-8");
  });

  test("go through their phases", () => {
    const phases = {
      minDelayTarget: 1,
      maxDelayTarget: 60,
      numRetries: 10,
      numNoDelayRetries: 3,
      numMinDelayRetries: 2,
      numMaxDelayRetries: 2,
    };
    assert.deepEqual(delays({ ...phases, backoffFunction: "linear" }), [0, 0, 0, 1_000, 1_000, 1_000, 30_500, 60_000, 60_000, 60_000]);
  });

  for (const backoffFunction of ["linear", "arithmetic", "geometric", "exponential"]) {
    test(`${backoffFunction} back-off grows from its lower to its upper bound`, () => {
      const grown = delays({ minDelayTarget: 1, maxDelayTarget: 100, numRetries: 5, backoffFunction });
      assert.deepEqual([grown[0], grown.at(-1)], [1_000, 100_000]);
      assert.deepEqual(
        grown.toSorted((a, b) => a - b),
        grown,
      );
    });
  }

  test("a topic may forbid policies of its subscriptions", () => {
    const topic = JSON.stringify({ http: { disableSubscriptionOverrides: true, defaultHealthyRetryPolicy: { numRetries: 1 } } });
    const { retries } = effectiveHttpPolicy(topic, JSON.stringify({ healthyRetryPolicy: { numRetries: 50 } }));
    assert.equal(retries.numRetries, 1);
  });

  test("what a policy leaves out is AWS's default", () => {
    const { http } = effectiveTopicPolicy(
      '{"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1}}}',
    );
    assert.deepEqual(http.defaultHealthyRetryPolicy, {
      minDelayTarget: 5,
      maxDelayTarget: 6,
      numRetries: 1,
      numMaxDelayRetries: 0,
      numNoDelayRetries: 0,
      numMinDelayRetries: 0,
      backoffFunction: "linear",
    });
  });

  for (const policy of [
    "[]",
    "{",
    '{"http": null}',
    '{"http": 5}',
    '{"http": {"defaultRequestPolicy": {"headerContentType": "a\\r\\nb"}}}',
    '{"requestPolicy": {"headerContentType": 5}}',
    '{"throttlePolicy": {"maxReceivesPerSecond": 0}}',
    '{"http": {"defaultThrottlePolicy": 5}}',
    '{"healthyRetryPolicy": 5}',
    '{"healthyRetryPolicy": {"numRetries": -1}}',
    '{"healthyRetryPolicy": {"minDelayTarget": 30}}',
    '{"healthyRetryPolicy": {"wrong": 1}}',
    '{"healthyRetryPolicy": {"numRetries": 1, "numMinDelayRetries": 2}}',
    '{"healthyRetryPolicy": {"backoffFunction": "sudden"}}',
  ])
    test(`${policy} is no policy`, () =>
      assert.throws(() => readDeliveryPolicy(policy, "DeliveryPolicy"), { code: "InvalidParameterException" }));
});

test("queues and functions are tried as often as AWS tries them", () => {
  const first = Array.from({ length: 16 }, (_, retry) => ownRetryDelayMs(retry)!);
  assert.deepEqual([...first.slice(0, 6), first[14], first[15]], [0, 0, 0, 1_000, 1_000, 1_000, 20_000, 20_000]);
  assert.deepEqual([ownRetryDelayMs(100_014), ownRetryDelayMs(100_015)], [20_000, undefined]);
});

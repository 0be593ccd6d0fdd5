import assert from "node:assert/strict";
import { test } from "node:test";
import { mean, median, quantile, ratiosOf, showSpread, spreadOf } from "./statistics.ts";

test("the middle and the quartiles of figures in any order", () => {
  assert.deepEqual(spreadOf([9, 1, 5, 3, 7]), { median: 5, lowerQuartile: 3, upperQuartile: 7 });
  assert.equal(showSpread({ median: 0.245, lowerQuartile: 0.2, upperQuartile: 0.3 }, 1), "0.2 (0.2–0.3)");
  assert.equal(quantile([4, 2], 1), 4);
  assert.equal(mean([1, 2, 6]), 3);
  assert.ok(Number.isNaN(median([])), "nothing has no middle");
});

test("ratios are those of neighbours, not of the middles", () => {
  // The machine was twice as fast in the second half: each pair says a half.
  const [own, neighbours] = [
    [10, 10, 20, 20],
    [20, 20, 40, 40],
  ];
  assert.deepEqual(ratiosOf(own, neighbours), [0.5, 0.5, 0.5, 0.5]);
  assert.ok(Number.isNaN(ratiosOf([1, 2], [1])[1]), "one without a neighbour has no ratio");
});

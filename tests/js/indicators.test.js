import assert from "node:assert/strict";
import { test } from "node:test";

import { exponentialAverage, simpleAverage, volumeWeighted } from "../../static/js/indicators.js";

const bars = [2, 4, 6, 8].map((close, place) => ({ time: 60 * place, high: close, low: close, close, volume: 12 }));

test("averages the closes of so many bars, and none before there are as many", () => {
  assert.deepEqual(simpleAverage(bars, 2), [null, 3, 5, 7]);
  assert.deepEqual(simpleAverage(bars, 5), [null, null, null, null]);
});

test("begins the exponential average with the simple one", () => {
  assert.deepEqual(exponentialAverage(bars, 3), [null, null, 4, 6]);
});

test("weighs prices by the shares that were traded since a time", () => {
  assert.deepEqual(volumeWeighted(bars, 60), [null, 4, 24 / 5, 36 / 6.5]);
  assert.deepEqual(volumeWeighted([{ ...bars[0], volume: 0 }], 0), [null]);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { toText } from "../../static/js/curve.js";
import * as numbers from "../../static/js/numbers.js";
import { casesOf } from "./cases.js";

const SHOWN_BY = {
  bdt: numbers.bdt,
  shares: numbers.shares,
  percent: numbers.percent,
  compact: numbers.compact,
  direction: numbers.direction,
  gain: numbers.change,
  gain_percent: (text) => numbers.change(Number(text), numbers.percentPoints),
  exact: (text) => toText(BigInt(text)),
};

for (const [name, given, shown] of casesOf("shown_numbers.json")) {
  test(`shows ${given} by ${name} as the server does`, () => assert.equal(SHOWN_BY[name](given), shown));
}

test("groups a count", () => assert.equal(numbers.whole(8829), "8,829"));

test("shows an amount with its exact value on hover", () => {
  const element = {};
  numbers.show(element, "1234.567891");
  assert.deepEqual(element, { textContent: "1,234.57", title: "1234.567891 BDT", value: "1234.567891" });
});

test("shows an amount in another unit and format", () => {
  const element = {};
  numbers.show(element, "1.5", { unit: "shares", format: numbers.shares });
  assert.deepEqual(element, { textContent: "1.5000", title: "1.5 shares", value: "1.5" });
});

test("marks the direction of a change", () => {
  const element = { dataset: {} };
  numbers.showChange(element, "-2.5", { unit: "%", format: numbers.percentPoints });
  assert.deepEqual(element, { textContent: "▼ −2.50 %", title: "-2.5 %", value: "-2.5", dataset: { direction: "down" } });
});

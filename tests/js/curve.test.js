import assert from "node:assert/strict";
import { test } from "node:test";

import * as curve from "../../static/js/curve.js";
import { textOf } from "./cases.js";
import { onCurve, plain, read } from "./reckon.js";

const MARKET = { cash: 100_000_000_000_000n, total: 1_000_000_000_000n };

test("computes costs, proceeds and shares to the unit as the exchange does", () => {
  for (const { given, expected } of read(textOf("trades.json"))) {
    const { cost, proceeds, sharesFor, sharesWithin } = plain(expected);
    assert.deepEqual(plain(onCurve(given)), { cost, proceeds, sharesFor, sharesWithin });
  }
});

test("never charges less for a buy than a sale of the same shares pays", () => {
  for (const shares of [1n, 999_999n, 10n ** 9n, MARKET.total]) {
    const cost = curve.costOf(shares, MARKET);
    assert.ok(curve.proceedsOf(shares, { ...MARKET, cash: MARKET.cash + cost }) <= cost);
  }
});

test("costs nothing and pays nothing for no shares", () => {
  assert.equal(curve.costOf(0n, MARKET), 0n);
  assert.equal(curve.proceedsOf(0n, MARKET), 0n);
  assert.equal(curve.sharesFor(0n, MARKET), 0n);
  assert.equal(curve.sharesFor(-1n, MARKET), 0n);
});

test("finds the most shares that a sum of money buys", () => {
  for (const spend of [1n, 50_000_000n, 10n ** 13n]) {
    const shares = curve.sharesFor(spend, MARKET);
    assert.ok(curve.costOf(shares, MARKET) <= spend);
    assert.ok(curve.costOf(shares + 1n, MARKET) > spend);
  }
});

test("finds the most shares whose sale pays no more than a sum of money", () => {
  const shares = curve.sharesWithin(50_000_000n, MARKET);
  assert.ok(curve.proceedsOf(shares, MARKET) <= 50_000_000n);
  assert.ok(curve.proceedsOf(shares + 1n, MARKET) > 50_000_000n);
  assert.equal(curve.sharesWithin(MARKET.cash, MARKET), MARKET.total);
});

test("takes the fee from a sale, rounded up", () => {
  const proceeds = curve.proceedsOf(1_000_000n, MARKET);
  assert.equal(curve.saleOf(1_000_000n, MARKET, 0n), proceeds);
  assert.equal(curve.saleOf(1_000_000n, MARKET, 200n), proceeds - (proceeds * 200n + 9_999n) / 10_000n);
});

test("values shares at their price, rounded down", () => {
  assert.equal(curve.markOf(3n, { cash: 10n, total: 4n }), 7n);
});

for (const [text, micro] of [
  ["0.00", 0n],
  ["1.50", 1_500_000n],
  ["-0.000001", -1n],
  ["12", 12_000_000n],
  ["9999999999999.999999", 9_999_999_999_999_999_999n],
]) {
  test(`reads ${text} as micro-units`, () => assert.equal(curve.toMicro(text), micro));
}

test("rounds quotients to the nearest, half to even", () => {
  const quotients = [[5n, 2n], [7n, 2n], [-5n, 2n], [-7n, 2n], [2n, 3n], [1n, 3n]].map(([part, whole]) => curve.divided(part, whole));
  assert.deepEqual(quotients, [2n, 4n, -2n, -4n, 1n, 0n]);
});

test("knows no part of nothing", () => {
  assert.equal(curve.partText(1n, 0n), null);
  assert.equal(curve.partText(1n, 3n), "33.333333");
  assert.equal(curve.ratioText(MARKET.cash, MARKET.total), "100.00");
});

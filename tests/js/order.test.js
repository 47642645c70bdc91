import assert from "node:assert/strict";
import { test } from "node:test";

import { costOf, toMicro } from "../../static/js/curve.js";
import { reckon, unitOf } from "../../static/js/order.js";

const MARKET = {
  cash: toMicro("100000000"),
  total: toMicro("1000000"),
  held: toMicro("400000"),
  feeBps: 200n,
  mostBps: 1_000n,
  largeBps: 100n,
  isPaused: false,
};
const MEANS = { balance: toMicro("1000"), held: toMicro("5") };
const BUY = { side: "buy", by: "spend", sellBy: "shares", part: "", texts: { spend: "100" }, tolerance: "2" };
const SELL = { ...BUY, side: "sell", texts: { shares: "1", receive: "50" } };

test("names the amount that counts", () => {
  assert.equal(unitOf(BUY), "spend");
  assert.equal(unitOf({ ...BUY, by: "shares" }), "shares");
  assert.equal(unitOf(SELL), "shares");
  assert.equal(unitOf({ ...SELL, sellBy: "receive" }), "receive");
  assert.equal(unitOf({ ...SELL, sellBy: "receive", part: "50" }), "shares");
});

test("quotes what is typed, within the tolerance", () => {
  const { unit, quote, limit, move, isLarge, code } = reckon(BUY, MARKET, MEANS);
  assert.equal(unit, "spend");
  assert.equal(code, undefined);
  assert.equal(move, quote.curve);
  assert.equal(isLarge, false);
  assert.deepEqual(limit, { shares: (quote.shares * 10_000n) / 10_200n });
});

test("sets no limit where any price is accepted", () => {
  assert.equal(reckon({ ...BUY, tolerance: "any" }, MARKET, MEANS).limit, null);
});

for (const [name, ask, means, code] of [
  ["a buy for more than the balance", { ...BUY, texts: { spend: "1000.01" } }, MEANS, "insufficient_funds"],
  ["a sale of more shares than are owned", { ...SELL, texts: { shares: "5.000001" } }, MEANS, "insufficient_shares"],
  ["a sale for more than the shares bring", { ...SELL, sellBy: "receive", texts: { receive: "600" } }, MEANS, "insufficient_receive"],
  ["a part of no shares", { ...SELL, part: "50" }, { ...MEANS, held: 0n }, "insufficient_shares"],
  ["a part of no money", { ...BUY, part: "50" }, { ...MEANS, balance: 0n }, "insufficient_funds"],
]) {
  test(`tells of ${name}`, () => assert.equal(reckon(ask, MARKET, means).code, code));
}

test("tells of what the market refuses first, with the most that it takes", () => {
  const told = reckon({ ...BUY, texts: { spend: "50000000" } }, MARKET, null);
  assert.equal(told.code, "trade_too_large");
  assert.equal(told.quote, undefined);
  assert.ok(told.most > 0n);
});

test("tells of paused trading before what is lacking", () => {
  assert.equal(reckon({ ...BUY, texts: { spend: "5000" } }, { ...MARKET, isPaused: true }, MEANS).code, "trading_paused");
});

test("says what is wrong with a text", () => {
  assert.deepEqual(reckon({ ...BUY, texts: { spend: "" } }, MARKET, MEANS), { unit: "spend" });
  assert.equal(reckon({ ...BUY, texts: { spend: "0" } }, MARKET, MEANS).words, "The amount must be above 0.");
  assert.equal(reckon({ ...BUY, texts: { spend: "much" } }, MARKET, MEANS).words, "Write a number in digits, like 1000.50.");
});

test("sells all of what is held when all is chosen, to the last unit", () => {
  const held = toMicro("5") + 1n;
  assert.equal(reckon({ ...SELL, part: "100" }, MARKET, { ...MEANS, held }).quote.shares, held);
});

test("takes the rounded whole of what is held for all of it", () => {
  const held = toMicro("5") + 49n;
  assert.equal(reckon({ ...SELL, texts: { shares: "5" } }, MARKET, { ...MEANS, held }).quote.shares, toMicro("5"));
  const less = toMicro("5") - 49n;
  assert.equal(reckon({ ...SELL, texts: { shares: "5" } }, MARKET, { ...MEANS, held: less }).quote.shares, less);
});

test("fills in half of the money, in steps that pages show", () => {
  assert.equal(reckon({ ...BUY, part: "50" }, MARKET, { ...MEANS, balance: toMicro("100.019999") }).fill, toMicro("50.00"));
});

test("marks an order that moves the market by much", () => {
  const shares = toMicro("20000");
  const means = { ...MEANS, balance: 2n * costOf(shares, MARKET) };
  assert.equal(reckon({ ...BUY, by: "shares", texts: { shares: "20000" } }, MARKET, means).isLarge, true);
});

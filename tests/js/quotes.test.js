import assert from "node:assert/strict";
import { test } from "node:test";

import { limitAround, quoteBuy, quoteSell } from "../../static/js/quotes.js";
import { textOf } from "./cases.js";
import { plain, quoted, read } from "./reckon.js";

const MARKET = {
  cash: 100_000_000_000_000n,
  total: 1_000_000_000_000n,
  held: 400_000_000_000n,
  feeBps: 200n,
  mostBps: 1_000n,
  isPaused: false,
};

test("quotes, limits and sizes to the unit as the exchange does", () => {
  for (const { given, expected } of read(textOf("trades.json"))) {
    const { bringing, buyable, mosts, quote, limit } = plain(expected);
    assert.deepEqual(plain(quoted(given)), { bringing, buyable, mosts, quote, limit });
  }
});

for (const [name, code, quote] of [
  ["any order while trading is paused", "trading_paused", () => quoteBuy({ spend: 1n }, { ...MARKET, isPaused: true })],
  ["a sale while trading is paused", "trading_paused", () => quoteSell({ shares: 1n }, { ...MARKET, isPaused: true })],
  ["money that buys no share", "amount_too_small", () => quoteBuy({ spend: 0n }, MARKET)],
  ["more shares than are left", "sold_out", () => quoteBuy({ shares: MARKET.total - MARKET.held + 1n }, MARKET)],
  ["a buy above the largest trade", "trade_too_large", () => quoteBuy({ spend: 5n * 10n ** 13n }, MARKET)],
  ["a sale of more than is held", "insufficient_shares", () => quoteSell({ shares: MARKET.held + 1n }, MARKET)],
  ["a sale that brings nothing", "amount_too_small", () => quoteSell({ shares: 0n }, MARKET)],
  ["a sale above the largest trade", "trade_too_large", () => quoteSell({ shares: MARKET.held }, MARKET)],
]) {
  test(`refuses ${name}`, () => assert.deepEqual(quote(), { code }));
}

test("adds the fee to a buy and takes it from a sale", () => {
  const [bought, sold] = [quoteBuy({ shares: 10n ** 9n }, MARKET), quoteSell({ shares: 10n ** 9n }, MARKET)];
  assert.equal(bought.total, bought.curve + bought.fee);
  assert.equal(sold.total, sold.curve - sold.fee);
  assert.equal(bought.cashAfter - MARKET.cash, bought.curve);
  assert.equal(MARKET.cash - sold.cashAfter, sold.curve);
});

test("sets no limit where any price is accepted", () => {
  assert.equal(limitAround(quoteBuy({ shares: 1_000_000n }, MARKET), { side: "buy", by: "shares" }, null), null);
});

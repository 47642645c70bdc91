// Computes a case with the scripts that pages use. By itself it computes each case of the list on standard input, for
// trading/tests/test_reckon_on_pages.py.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { costOf, proceedsOf, sharesFor, sharesWithin } from "../../static/js/curve.js";
import * as quotes from "../../static/js/quotes.js";

const asBigInt = (key, value) => (typeof value === "string" && /^-?[0-9]+$/.test(value) ? BigInt(value) : value);
const asText = (key, value) => (typeof value === "bigint" ? String(value) : value);

/** Parse JSON; strings of digits become BigInts. */
export const read = (text) => JSON.parse(text, asBigInt);

/** Copy a result with its BigInts as strings of digits. */
export const plain = (result) => JSON.parse(JSON.stringify(result, asText));

export const onCurve = ({ market, shares, money }) => ({
  cost: costOf(shares, market),
  proceeds: proceedsOf(shares, market),
  sharesFor: sharesFor(money, market),
  sharesWithin: sharesWithin(money, market),
});

export function quoted({ market, money, side, size, toleranceBps }) {
  const by = Object.keys(size)[0];
  const quote = side === "buy" ? quotes.quoteBuy(size, market) : quotes.quoteSell(size, market);
  return {
    bringing: quotes.sharesBringing(money, market),
    buyable: quotes.buyable(money, market),
    mosts: [quotes.mostToBuy(market), quotes.mostToSpend(market), quotes.mostToSell(market), quotes.mostToReceive(market)],
    quote,
    limit: quote.code ? null : quotes.limitAround(quote, { side, by }, toleranceBps),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const cases = read(readFileSync(0, "utf8"));
  process.stdout.write(JSON.stringify(cases.map((one) => plain({ ...onCurve(one), ...quoted(one) }))));
}

// Reckons each case of the list on standard input, as pages do; trading/tests/test_reckon_on_pages.py compares.

import { readFileSync } from "node:fs";

import { costOf, proceedsOf, sharesFor, sharesWithin } from "../../static/js/curve.js";
import * as quotes from "../../static/js/quotes.js";

const read = (key, value) => (typeof value === "string" && /^-?[0-9]+$/.test(value) ? BigInt(value) : value);
const write = (key, value) => (typeof value === "bigint" ? String(value) : value);

function reckoned({ market, shares, money, side, size, toleranceBps }) {
  const by = Object.keys(size)[0];
  const quote = side === "buy" ? quotes.quoteBuy(size, market) : quotes.quoteSell(size, market);
  return {
    cost: costOf(shares, market),
    proceeds: proceedsOf(shares, market),
    sharesFor: sharesFor(money, market),
    sharesWithin: sharesWithin(money, market),
    bringing: quotes.sharesBringing(money, market),
    buyable: quotes.buyable(money, market),
    mosts: [quotes.mostToBuy(market), quotes.mostToSpend(market), quotes.mostToSell(market), quotes.mostToReceive(market)],
    quote,
    limit: quote.code ? null : quotes.limitAround(quote, { side, by }, toleranceBps),
  };
}

const cases = JSON.parse(readFileSync(0, "utf8"), read);
process.stdout.write(JSON.stringify(cases.map(reckoned), write));

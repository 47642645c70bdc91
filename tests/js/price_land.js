// Prices a case with the scripts that pages use. By itself it prices each case of the list on standard input, for
// marketplace/tests/test_price_land.py.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { toMicro } from "../../static/js/curve.js";
import { atMost, isLargePart, priceOf, worldPrice } from "../../static/js/land_price.js";

export function priced({ market, rate, tolerance, balance, large }) {
  const price = worldPrice(market, BigInt(rate));
  const owned = priceOf(BigInt(rate), { cash: toMicro(market.cash), total: toMicro(market.total_shares) });
  return [String(price), String(atMost(price, tolerance)), isLargePart(price, BigInt(balance), BigInt(large)), String(owned)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(priced)));
}

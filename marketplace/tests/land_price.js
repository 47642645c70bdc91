// Prices each case of the list on standard input, as a parcel's page does; test_price_land.py compares.

import { readFileSync } from "node:fs";

import { atMost, isLargePart, worldPrice } from "../../static/js/land_price.js";

const priced = ({ market, rate, tolerance, balance, large }) => {
  const price = worldPrice(market, BigInt(rate));
  return [String(price), String(atMost(price, tolerance)), isLargePart(price, BigInt(balance), BigInt(large))];
};

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(priced)));

import assert from "node:assert/strict";
import { test } from "node:test";

import { atMost } from "../../static/js/land_price.js";
import { casesOf } from "./cases.js";
import { priced } from "./price_land.js";

test("prices land to the unit as the exchange does", () => {
  for (const { given, expected } of casesOf("land_prices.json")) assert.deepEqual(priced(given), expected);
});

test("sets no highest price where any price is accepted", () => assert.equal(atMost(1n, "any"), null));

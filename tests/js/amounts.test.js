import assert from "node:assert/strict";
import { test } from "node:test";

import { readAmount } from "../../static/js/amounts.js";
import { casesOf } from "./cases.js";

const table = casesOf("typed_amounts.json");

for (const [typed, amount] of table.read) {
  test(`reads ${JSON.stringify(typed)}`, () => assert.equal(readAmount(typed), amount));
}
for (const [code, rows] of [["ambiguous_amount", table.ambiguous], ["invalid", table.refused]]) {
  for (const [typed, message] of rows) {
    test(`refuses ${JSON.stringify(typed)}`, () => assert.throws(() => readAmount(typed), { code, message }));
  }
}

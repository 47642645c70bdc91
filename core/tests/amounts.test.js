import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { readAmount } from "../../static/js/amounts.js";

const table = JSON.parse(readFileSync(new URL("typed_amounts.json", import.meta.url), "utf8"));

for (const [typed, amount] of table.read) {
  test(`reads ${JSON.stringify(typed)}`, () => assert.equal(readAmount(typed), amount));
}
for (const [code, rows] of [["ambiguous_amount", table.ambiguous], ["invalid", table.refused]]) {
  for (const [typed, message] of rows) {
    test(`refuses ${JSON.stringify(typed)}`, () => assert.throws(() => readAmount(typed), { code, message }));
  }
}

import assert from "node:assert/strict";
import { before, mock, test } from "node:test";

const MADE_AT = Date.parse("2026-01-01T00:00:00Z");
let clock;
let sincePageMs = 0;

const told = (ms) => new Date(MADE_AT + ms).toISOString();

before(async () => {
  globalThis.document = { querySelector: () => ({ content: told(0) }) };
  performance.getEntriesByType = () => [{ responseStart: 100 }];
  mock.method(performance, "now", () => sincePageMs);
  sincePageMs = 250;
  clock = await import("../../static/js/clock.js");
});

test("counts from the time at which the page was made", () => assert.equal(clock.now(), MADE_AT + 150));

test("takes a later time of the stream", () => {
  sincePageMs = 1000;
  clock.hearTime(told(2000));
  assert.equal(clock.now(), MADE_AT + 2000);
});

test("takes an earlier one for a delay on the way", () => {
  sincePageMs = 2000;
  clock.hearTime(told(1500));
  assert.equal(clock.now(), MADE_AT + 3000);
});

test("takes a much earlier one for a clock that was set", () => {
  sincePageMs = 3000;
  clock.hearTime(told(1000));
  assert.equal(clock.now(), MADE_AT + 1000);
  assert.equal(clock.msUntil(told(1500)), 500);
});

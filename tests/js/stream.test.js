import assert from "node:assert/strict";
import { test } from "node:test";

import { loadPage } from "./page.js";

const WELCOME = { type: "welcome", at: "2026-01-01T00:00:01.000Z" };
const PONG = { type: "pong" };
const PING = { action: "ping" };
const entering = (room) => ({ action: "subscribe_biome_market", room });
const update = (seq) => ({ type: "update", epoch: "e1", seq });

/** Return a page in one room that was told everything up to event 7. */
async function livePage(t) {
  const page = await loadPage(t);
  page.subscribe("ocean");
  page.start();
  page.socket().open();
  page.socket().tell(WELCOME, PONG, update(7));
  page.socket().taken();
  return page;
}

/** End the connection and let the page return. */
function reconnect(page) {
  page.socket().end();
  page.pass(500);
  page.socket().open();
}

test("enters its rooms, and is told of the join when the ping is answered", async (t) => {
  const page = await loadPage(t);
  const joins = t.mock.fn();
  page.onJoin(joins);
  page.subscribe("ocean");
  page.subscribe("ocean");
  page.start();
  page.socket().open();
  assert.deepEqual(page.socket().taken(), [entering("ocean"), PING]);
  page.socket().tell(WELCOME);
  assert.equal(joins.mock.callCount(), 0);
  page.socket().tell(PONG);
  assert.equal(joins.mock.callCount(), 1);
});

test("is told of one join where another room is entered before the answer", async (t) => {
  const page = await loadPage(t);
  const joins = t.mock.fn();
  page.onJoin(joins);
  page.start();
  page.socket().open();
  page.subscribe("ocean");
  page.subscribe("forest");
  assert.deepEqual(page.socket().taken(), [PING, entering("ocean"), PING, entering("forest"), PING]);
  page.socket().tell(PONG, PONG);
  assert.equal(joins.mock.callCount(), 0);
  page.socket().tell(PONG);
  assert.equal(joins.mock.callCount(), 1);
});

test("gives each event to its handlers, in the order in which both came", async (t) => {
  const page = await livePage(t);
  const heard = [];
  page.on("update", ({ seq }) => heard.push(["first", seq]));
  page.on("update", ({ seq }) => heard.push(["second", seq]));
  page.on("trade", () => heard.push(["other"]));
  page.socket().tell(update(8), update(9));
  assert.deepEqual(heard, [["first", 8], ["second", 8], ["first", 9], ["second", 9]]);
});

test("resumes after a lost connection from the last event, without a join", async (t) => {
  const page = await livePage(t);
  const joins = t.mock.fn();
  page.onJoin(joins);
  page.socket().tell({ type: "heartbeat", at: WELCOME.at, epoch: "e1", seq: 99 });
  reconnect(page);
  page.socket().tell(WELCOME);
  assert.deepEqual(page.socket().taken(), [{ action: "resume", epoch: "e1", seq: 7, rooms: ["ocean"] }]);
  assert.equal(joins.mock.callCount(), 0);
});

test("enters its rooms anew where it was lost before it was in all of them", async (t) => {
  const page = await livePage(t);
  page.subscribe("forest");
  reconnect(page);
  assert.deepEqual(page.socket().taken(), [entering("ocean"), entering("forest"), PING]);
});

test("enters its rooms anew when told to resync, and resumes from there", async (t) => {
  const page = await livePage(t);
  const joins = t.mock.fn();
  page.onJoin(joins);
  reconnect(page);
  page.socket().taken();
  page.socket().tell(WELCOME, { type: "resync" });
  assert.deepEqual(page.socket().taken(), [entering("ocean"), PING]);
  page.socket().tell({ type: "update", epoch: "e2", seq: 1 }, PONG);
  assert.equal(joins.mock.callCount(), 1);
  reconnect(page);
  assert.deepEqual(page.socket().taken(), [{ action: "resume", epoch: "e2", seq: 1, rooms: ["ocean"] }]);
});

test("takes no answer of a lost connection for one of the next", async (t) => {
  const page = await livePage(t);
  page.subscribe("forest");
  const [lost, joins] = [page.socket(), t.mock.fn()];
  page.onJoin(joins);
  page.pass(6000);
  page.pass(500);
  page.socket().open();
  assert.equal(page.socket().taken().length, 3);
  lost.tell(PONG);
  assert.equal(joins.mock.callCount(), 0);
  page.socket().tell(PONG);
  assert.equal(joins.mock.callCount(), 1);
});

test("is live, stale after two silent seconds, and reconnecting after six", async (t) => {
  const page = await loadPage(t);
  const states = [];
  page.onState((state) => states.push(state));
  page.start();
  page.socket().open();
  page.socket().tell(WELCOME);
  page.pass(1999);
  assert.deepEqual(states, ["connecting", "live"]);
  page.pass(1);
  assert.deepEqual(states, ["connecting", "live", "stale"]);
  page.socket().tell(update(1));
  page.pass(6000);
  assert.deepEqual(states, ["connecting", "live", "stale", "live", "stale", "reconnecting"]);
});

test("gives up a connection that does not open in eight seconds", async (t) => {
  const page = await loadPage(t);
  page.start();
  page.pass(7999);
  assert.equal(page.sockets(), 1);
  page.pass(1);
  page.pass(500);
  assert.equal(page.sockets(), 2);
});

test("waits twice as long after each failure, at most 15 seconds, and anew after a welcome", async (t) => {
  const page = await loadPage(t);
  page.start();
  for (const waitMs of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
    const sockets = page.sockets();
    page.socket().end();
    page.pass(waitMs - 1);
    assert.equal(page.sockets(), sockets);
    page.pass(1);
    assert.equal(page.sockets(), sockets + 1);
  }
  page.socket().open();
  page.socket().tell(WELCOME);
  reconnect(page);
  assert.equal(page.sockets(), 9);
});

test("reconnects at once when the network is back", async (t) => {
  const page = await livePage(t);
  page.socket().end();
  page.happen("online");
  assert.equal(page.sockets(), 2);
});

test("asks a connection that slept with its device whether it still lives", async (t) => {
  const page = await livePage(t);
  page.happen("visibilitychange");
  assert.deepEqual(page.socket().taken(), [PING]);
  page.socket().tell(PONG);
  page.pass(3000);
  assert.equal(page.sockets(), 1);
  page.happen("resume");
  page.pass(3000);
  page.pass(500);
  assert.equal(page.sockets(), 2);
});

test("sends nothing late", async (t) => {
  const page = await livePage(t);
  assert.equal(page.send({ action: "look" }), true);
  page.socket().end();
  assert.equal(page.send({ action: "look" }), false);
});

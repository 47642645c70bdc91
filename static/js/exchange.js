// The list of markets: all of them are followed.

import { sayInTime, sayNow } from "./announce.js";
import { keepOrder } from "./market_order.js";
import { now } from "./clock.js";
import { keepChanges } from "./changes.js";
import { follow, onMarket } from "./markets.js";
import { bdt, shares, show } from "./numbers.js";
import { drawCycle } from "./pool.js";
import { extend } from "./sparklines.js";
import { on } from "./stream.js";

const LONGEST_GAP_MS = 60_000; // after a longer one, the server knows better what the lines looked like
const TICKS_A_ROUND = 120;
const SAID_EVERY_MS = 10_000;
const WORTH_SAYING = 0.01; // by so much a price has changed since it was last spoken of
const MOST_SAID = 3;

const list = () => document.getElementById("market-list"); // another element each time that it was fetched again
const rowOf = (biome) => list().querySelector(`[data-biome="${biome}"]`);
const totalCash = document.getElementById("total-cash");
const hand = document.querySelector("#dial .hand");
const saidPrices = new Map();
let saidAt = performance.now();
let heardAt = now();

onMarket((market, event) => {
  const row = rowOf(market.biome);
  extend(row.querySelector(".spark svg"), Date.parse(event.at) / 1000, Number(market.price));
  const held = row.querySelector(".held");
  if (held && !held.hidden) show(held.querySelector('[data-held="value"]'), worth(held.dataset.shares, market.price));
});

on("biome_market_update", (event) => {
  drawCycle(event);
  show(totalCash, event.markets.reduce((whole, { cash }) => whole + Number(cash), 0).toFixed(6));
  hand.setAttribute("stroke-dasharray", `${event.cycle % TICKS_A_ROUND} ${TICKS_A_ROUND}`);
  catchUp(Date.parse(event.at));
  keepOrder(list(), event.markets.map(({ biome }) => biome));
  sayWhatMoved(event.markets);
});

on("portfolio_update", ({ holding }) => {
  if (holding) showHolding(rowOf(holding.biome), holding);
});

const compare = document.getElementById("compare");
const opener = document.getElementById("compare-open");
opener.addEventListener("click", async () => {
  const isShown = opener.ariaExpanded !== "true";
  opener.ariaExpanded = String(isShown);
  opener.textContent = isShown ? "Hide the chart" : "Show the chart";
  document.getElementById("compare-body").hidden = !isShown;
  if (!isShown) return;
  const { open } = await import(compare.dataset.module);
  open();
});

document.getElementById("read-out").addEventListener("click", () => {
  const prices = [...list().querySelectorAll("tbody tr")].map((row) => spoken(row.dataset.biome, priceIn(row)));
  sayNow(`${prices.join(", ")} BDT a share`);
});

follow();
keepChanges();

const worth = (count, price) => (count * price).toFixed(6);
const priceIn = (row) => row.querySelector('[data-live="price"]').value;
const spoken = (biome, price) => `${biome} ${bdt(price)}`;

function showHolding(row, { shares: count, price }) {
  const held = row.querySelector(".held");
  const isAny = Number(count) > 0;
  held.dataset.shares = count;
  held.hidden = !isAny;
  show(held.querySelector('[data-held="shares"]'), count, { unit: "shares", format: shares });
  show(held.querySelector('[data-held="value"]'), worth(count, price));
}

function catchUp(at) {
  if (at - heardAt > LONGEST_GAP_MS) htmx.ajax("GET", location.href, { target: "#market-list", swap: "outerHTML" });
  heardAt = at;
}

/** Tell screen readers of the largest changes since the last time, where there are any worth it. */
function sayWhatMoved(markets) {
  if (performance.now() - saidAt < SAID_EVERY_MS) return;
  saidAt = performance.now();
  const moves = markets.map(({ biome, price }) => ({ biome, price, change: price / (saidPrices.get(biome) ?? price) - 1 }));
  const largest = moves.filter(({ change }) => Math.abs(change) >= WORTH_SAYING).sort(byMove).slice(0, MOST_SAID);
  for (const { biome, price } of saidPrices.size ? largest : moves) saidPrices.set(biome, price);
  if (largest.length > 0) sayInTime(`${largest.map(asSentence).join(", ")} BDT a share`);
}

const byMove = (one, other) => Math.abs(other.change) - Math.abs(one.change);
const asSentence = ({ biome, price, change }) => `${biome} ${change > 0 ? "up" : "down"} to ${bdt(price)}`;

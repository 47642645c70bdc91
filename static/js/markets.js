// The markets as they stand, live. Whatever a page shows of a biome with data-live is kept true here:
// <div data-biome="ocean"> … <data data-live="price"> … </div>

import { on, subscribe } from "./stream.js";
import { percent, percentPoints, shares, show, showChange, whole } from "./numbers.js";

const FLASH_MS = 600;
const markets = new Map();
const handlers = [];

/** What is known of a biome: {price, cash, ...} as the stream tells it, with `added`, `addedPercent` and `attention` of its last cycle. */
export const marketOf = (biome) => markets.get(biome);

/** Call `handler(market, event)` whenever a market was told of: snapshot, cycle or trade. */
export function onMarket(handler) {
  handlers.push(handler);
}

/** Follow all markets, or one. */
export function follow(biome = "all") {
  subscribe(`biome_market_${biome}`);
}

on("biome_market_snapshot", takeAll);
on("biome_market_update", takeAll);
// What was read again is shown as it is told.
document.addEventListener("rejoined", () => {
  for (const element of document.querySelectorAll("[data-biome] [data-live]")) {
    const market = markets.get(element.closest("[data-biome]").dataset.biome);
    if (market) SHOW[element.dataset.live]?.(element, market, market);
  }
});
on("biome_trade", (event) => take({ biome: event.biome, price: event.price_after, cash: event.cash_after }, event));

function takeAll(event) {
  const changes = new Map((event.redistributions ?? []).map((change) => [change.biome, change]));
  for (const market of event.markets) {
    const change = changes.get(market.biome);
    take({ ...market, ...(change && inCycle(market, change)) }, event);
  }
  for (const element of document.querySelectorAll('[data-live="cycle"]')) {
    if (event.cycle) element.textContent = whole(event.cycle);
  }
}

const inCycle = ({ cash }, { amount_added_bdt: added, new_attention_weight: attention }) => ({
  added,
  addedPercent: ((added / (cash - added)) * 100).toFixed(6),
  attention,
});

function take(news, event) {
  const before = markets.get(news.biome);
  const market = { ...before, ...news };
  markets.set(news.biome, market);
  for (const element of document.querySelectorAll(`[data-biome="${news.biome}"] [data-live]`)) {
    SHOW[element.dataset.live]?.(element, market, before);
  }
  for (const handler of handlers) handler(market, event);
}

const SHOW = {
  price(element, market, before) {
    show(element, market.price, { unit: "BDT a share" });
    if (before?.price) flash(element, Number(market.price) - Number(before.price));
  },
  heading(element, market) {
    if (market.heading_price) show(element, market.heading_price, { unit: "BDT a share" });
  },
  cash(element, market) {
    if (market.cash) show(element, market.cash);
  },
  available(element, market) {
    if (market.shares_available) show(element, market.shares_available, { unit: "shares", format: shares });
  },
  added(element, market) {
    if (market.added !== undefined) showChange(element, market.added);
  },
  "added-percent"(element, market) {
    if (market.added !== undefined) showChange(element, market.addedPercent, { unit: "%", format: percentPoints });
  },
  attention(element, market) {
    if (market.attention !== undefined) element.textContent = `${percent(market.attention)} %`;
  },
  "attention-bar"(rect, market) {
    if (market.attention !== undefined) rect.setAttribute("transform", `scale(${market.attention} 1)`);
  },
};

function flash(element, change) {
  if (change === 0) return;
  element.dataset.moved = change > 0 ? "up" : "down";
  clearTimeout(element.flashing);
  element.flashing = setTimeout(() => delete element.dataset.moved, FLASH_MS);
}

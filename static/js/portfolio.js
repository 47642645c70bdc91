// The portfolio, live: every price moves what shares and land are worth, and a trade in another tab what is owned.

import { on } from "./stream.js";
import { bdt, percent, show, showChange } from "./numbers.js";
import { follow, marketOf } from "./markets.js";
import { sayInTime } from "./announce.js";
import { markOf, partText, saleOf, toMicro, toText } from "./curve.js";
import { priceOf } from "./land_price.js";
import { showPercent, showWorth } from "./worth.js";

const TRADES_TOGETHER_MS = 300; // trades that follow each other this closely are fetched together
const WORTH_SAYING = 0.005; // what the whole must have moved by, as a part of it, to be told of

const sum = (amounts) => amounts.reduce((total, amount) => total + amount, 0n);
const owned = () => document.getElementById("owned");
let said = null;
let fetching = 0;
let feePercent = null; // of the last snapshot: the settings may have changed since the page was made

on("biome_market_snapshot", ({ settings }) => {
  feePercent = settings?.trade_fee_percent ?? feePercent;
  showAll();
  // What land costs is a setting, too.
  if (settings && String(settings.version) !== owned().dataset.settings) refresh();
});
on("biome_market_update", showAll);
// Money alone may have bought or brought a parcel, and a gift moves none.
on("portfolio_update", () => {
  showAll();
  refresh();
});
document.addEventListener("htmx:load", ({ detail: { elt } }) => {
  if (elt.id === "owned") showAll();
});
follow();

function refresh() {
  if (fetching) return;
  fetching = setTimeout(() => {
    fetching = 0;
    htmx.trigger(owned(), "refresh");
  }, TRADES_TOGETHER_MS);
}

function showAll() {
  const holdings = [...owned().querySelectorAll("tr[data-shares]")].map(valued);
  const land = landValue();
  if (holdings.includes(null) || land === null) return;
  holdings.forEach(showHolding);
  const money = microOf('[data-live="balance"]') + microOf('[data-live="held"]');
  const mark = sum(holdings.map((holding) => holding.mark));
  const sale = sum(holdings.map((holding) => holding.sale));
  const cost = sum(holdings.map((holding) => holding.cost));
  const landGain = land + toMicro(owned().dataset.landNet);
  showTotals({ mark, sale, cost, land, landGain });
  showAllocation([{ key: "cash", mark: money }, ...holdings, { key: "land", mark: land }]);
  showWorth(money + mark + land, toMicro(owned().dataset.realised) + mark - cost + landGain);
  saySometimes(money + mark + land);
}

/** What all parcels are worth; null before their markets were told of. */
function landValue() {
  const parcels = JSON.parse(document.getElementById("land-parcels").textContent);
  const values = parcels.map(([biome, weight, count]) => {
    const market = moneyOf(biome);
    return market && BigInt(count) * priceOf(BigInt(weight), market);
  });
  return values.includes(null) ? null : sum(values);
}

/** A market's cash and shares; null before it was told of. */
function moneyOf(biome) {
  const told = marketOf(biome);
  return told?.cash ? { cash: toMicro(told.cash), total: toMicro(told.total_shares) } : null;
}

const microOf = (selector) => toMicro(owned().querySelector(selector).value);

/** What a row's shares are worth; null before its market was told of. */
function valued(row) {
  const market = moneyOf(row.dataset.biome);
  if (!market) return null;
  const shares = toMicro(row.dataset.shares);
  const feeBps = BigInt(Math.round((feePercent ?? owned().dataset.feePercent) * 100));
  return {
    row,
    key: row.dataset.biome,
    cost: toMicro(row.dataset.cost),
    mark: markOf(shares, market),
    sale: saleOf(shares, market, feeBps),
  };
}

function showHolding({ row, mark, sale, cost }) {
  const field = (name) => row.querySelector(`[data-owned="${name}"] data`);
  show(field("value"), toText(mark));
  show(field("sale"), toText(sale));
  showChange(field("unrealised"), toText(sale - cost));
  showPercent(field("unrealised-percent"), partText(sale - cost, cost) ?? "0.00");
}

function showTotals({ mark, sale, cost, land, landGain }) {
  const field = (name) => owned().querySelector(`[data-total="${name}"] data`);
  show(field("shares"), toText(mark));
  show(field("sale"), toText(sale));
  showChange(field("unrealised"), toText(sale - cost));
  if (cost > 0n) showPercent(field("unrealised-percent"), partText(sale - cost, cost));
  if (!field("land")) return;
  show(field("land"), toText(land));
  showChange(field("land-gain"), toText(landGain));
}

function showAllocation(parts) {
  const whole = sum(parts.map((part) => part.mark));
  let before = 0n;
  for (const { key, mark } of parts) {
    const bar = owned().querySelector(`[data-part="${key}"]`);
    if (!bar || whole === 0n) return;
    const begin = (1000n * before) / whole;
    before += mark;
    bar.setAttribute("x", begin);
    bar.setAttribute("width", (1000n * before) / whole - begin);
    const share = owned().querySelector(`[data-share="${key}"]`);
    show(share.querySelector("data"), toText(mark));
    share.querySelector("strong").textContent = `${percent(Number(mark) / Number(whole))} %`;
  }
}

function saySometimes(worth) {
  said ??= worth;
  if (Math.abs(Number(worth - said)) < WORTH_SAYING * Number(said)) return;
  said = worth;
  sayInTime(`Your portfolio is worth ${bdt(toText(worth))} BDT`);
}

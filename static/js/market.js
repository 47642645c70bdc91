// One biome's market, live: its numbers, its newest trades, why its price moved, and its chart.

import { follow, marketOf, onMarket } from "./markets.js";
import { on } from "./stream.js";
import { bdt, shares } from "./numbers.js";
import { sayInTime } from "./announce.js";
import { giveAttention } from "./attention.js";
import { keepChanges } from "./changes.js";
import { showTime } from "./times.js";
import { keepWhy } from "./why.js";

const TOLD_MOST = 50;
const SAY_EVERY_MS = 60_000;

const page = document.getElementById("market");
const { biome, title } = page.dataset;
const why = document.getElementById("why");
const trades = document.getElementById("trades");
const chart = document.getElementById("chart");

follow(biome);
keepChanges(biome);
keepWhy(biome);
giveAttention(biome);
drawChartWhenIdle();
bringIntoView(document.querySelector('.biomes [aria-current="page"]'));

// In the window's tab too, for whoever looks elsewhere meanwhile.
const pageTitle = document.title;
onMarket(({ price }) => {
  const news = `${bdt(price)} · ${pageTitle}`;
  if (document.title !== news) document.title = news;
});

let told = []; // since the page was read
on("biome_trade", (trade) => {
  if (trade.biome !== biome) return;
  told = [...told, trade].slice(-TOLD_MOST);
  showTrade(trade);
});
document.addEventListener("rejoining", () => (told = []));
document.addEventListener("rejoined", () => {
  const newest = Number(trades.querySelector("[data-trade]")?.dataset.trade ?? 0);
  for (const trade of told) if (trade.id > newest) showTrade(trade);
});

let said = null;
setInterval(() => {
  const price = marketOf(biome)?.price;
  if (!price || price === said) return;
  said = price;
  sayInTime(`${title}: ${bdt(price)} BDT a share`);
}, SAY_EVERY_MS);

// On a phone the row of markets is wider than the page. The page itself does not scroll.
function bringIntoView(current) {
  const row = current.parentElement;
  row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
}

// --- What the server renders again -----------------------------------------------------------------------------------

// Nobody asked for it, so nobody is told when it fails: the next time will do.
for (const element of [why, trades]) {
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError", "htmx:beforeSwap"]) {
    element.addEventListener(failure, (event) => {
      if (event.type !== "htmx:beforeSwap") event.stopPropagation();
      else if (event.detail.isError) event.detail.shouldSwap = false;
    });
  }
}

// --- Newest trades ---------------------------------------------------------------------------------------------------

// Rows stay where they are, and what they say moves down: nothing jumps, and no rows come and go.
function showTrade(trade) {
  const table = trades.querySelector("table");
  const body = table?.tBodies[0];
  if (!body || body.querySelector(`[data-trade="${trade.id}"]`)) return;
  trades.querySelector(".empty")?.remove();
  if (body.rows.length < Number(table.dataset.most)) body.append(emptyRow());
  for (let place = body.rows.length - 1; place > 0; place--) copyRow(body.rows[place - 1], body.rows[place]);
  fillRow(body.rows[0], trade);
}

function emptyRow() {
  const row = document.createElement("tr");
  for (let column = 0; column < 5; column++) row.insertCell().className = column ? "num" : "";
  row.cells[4].append(document.createElement("time"));
  return row;
}

function copyRow(from, to) {
  to.dataset.trade = from.dataset.trade ?? "";
  [...to.cells].slice(0, 4).forEach((cell, place) => fillCell(cell, from.cells[place].textContent, from.cells[place].title));
  showTime(timeIn(to), timeIn(from).dateTime);
  to.cells[0].dataset.direction = from.cells[0].dataset.direction ?? "level";
}

function fillRow(row, { id, side, shares: count, traded, price_after: price, at }) {
  const [sideCell, sharesCell, amountCell, priceCell] = row.cells;
  row.dataset.trade = id;
  sideCell.dataset.direction = side === "buy" ? "up" : "down";
  fillCell(sideCell, side === "buy" ? "▲ Buy" : "▼ Sell", "");
  fillCell(sharesCell, shares(count), `${count} shares`);
  fillCell(amountCell, bdt(traded), `${traded} BDT`);
  fillCell(priceCell, bdt(price), `${price} BDT a share`);
  showTime(timeIn(row), at, "clock");
}

const timeIn = (row) => row.querySelector("time");

function fillCell(cell, text, exact) {
  cell.textContent = text;
  cell.title = exact;
}

// --- The chart -------------------------------------------------------------------------------------------------------

// It is the heaviest part, and the page is of use without it: it comes when the rest is there.
function drawChartWhenIdle() {
  const idle = window.requestIdleCallback ?? ((callback) => setTimeout(callback, 200));
  const draw = () => idle(() => import("./chart.js").then(({ openChart }) => openChart(chart, biome)));
  if (document.readyState === "complete") draw();
  else addEventListener("load", draw, { once: true });
}

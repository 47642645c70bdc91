// Why the price moved in the last hour, as live as the price: what each cycle added is attention's, the rest is trades'.
// The same sums, words and figures as markets/history/price_attribution.py and trading/views/market.py, in whole micro-BDT.

import { partText, ratioText, toMicro, toText } from "./curve.js";
import { bdt, direction, percentPoints, showChange } from "./numbers.js";
import { on } from "./stream.js";
import { showTime } from "./times.js";

const MINUTE_SECS = 60;
const HOUR_SECS = 3600;
const AGAIN_MS = 5000;
const MOST_KEPT = 60; // cycles that came while the server was asked

const box = document.getElementById("why");
const part = (name) => box.querySelector(`[data-why="${name}"]`);
const newest = []; // cycles: {cycle, at, cash, moved}
let hour = null; // {minutes: [{at, open, moved}], cycle, cash, settled, total}: settled is the cash after the cycle
let askedAt = -Infinity;

/** Keep the reasons of a market's moves true, and ask for them again where the stream left something out. */
export function keepWhy(biome) {
  hour = told();
  box.addEventListener("htmx:afterSwap", () => {
    hour = told();
    for (const one of newest) addCycle(one);
  });
  const ours = (one) => one.biome === biome;
  on("biome_market_update", (event) => {
    const market = event.markets.find(ours);
    if (market) takeCycle(event, market, event.redistributions.find(ours));
  });
  on("biome_market_snapshot", ({ markets }) => takeCash(markets.find(ours)?.cash));
  on("biome_trade", (trade) => {
    if (ours(trade)) takeCash(trade.cash_after);
  });
}

/** What the server has rendered: null where nothing is known yet. */
function told() {
  const { minutes, cycle, cash, settled, total } = part("verdict")?.dataset ?? {};
  if (!minutes) return null;
  const rows = minutes.split(" ").map((row) => row.split(","));
  return {
    minutes: rows.map(([at, open, moved]) => ({ at: Number(at), open: BigInt(open), moved: BigInt(moved) })),
    cycle: Number(cycle),
    cash: BigInt(cash),
    settled: BigInt(settled),
    total: BigInt(total),
  };
}

function takeCash(text) {
  if (text && hour) show(Object.assign(hour, { cash: toMicro(text) }));
}

function takeCycle({ cycle, cycle_at: at }, { cash }, { amount_added_bdt: added }) {
  const one = { cycle, at: Date.parse(at) / 1000, cash: toMicro(cash), moved: toMicro(added) };
  newest.push(one);
  if (newest.length > MOST_KEPT) newest.shift();
  if (hour?.cycle < cycle - 1 || !hour) askAgain();
  else addCycle(one);
}

/** Take the cycle after the last that is known; no other, for then one would be missing. */
function addCycle({ cycle, at, cash, moved }) {
  if (cycle !== hour?.cycle + 1) return;
  const { minutes, settled } = hour;
  const minute = Math.floor(at / MINUTE_SECS) * MINUTE_SECS;
  if (minutes.at(-1).at !== minute) minutes.push({ at: minute, open: settled, moved: 0n });
  while (minutes[0].at < minute - HOUR_SECS) minutes.shift();
  minutes.at(-1).moved += moved;
  show(Object.assign(hour, { cycle, cash, settled: cash }));
}

function askAgain() {
  // Whoever is in there with the keyboard would be thrown out.
  if (document.hidden || box.contains(document.activeElement) || performance.now() - askedAt < AGAIN_MS) return;
  askedAt = performance.now();
  htmx.trigger(box, "refresh");
}

function show({ minutes: [first, ...more], cash, total }) {
  const together = cash - first.open;
  const attention = more.reduce((sum, { moved }) => sum + moved, first.moved);
  const parts = { attention, trades: together - attention, together };
  write(part("verdict"), verdictOf(parts));
  showSince(first.at);
  write(part("before"), bdt(ratioText(first.open, total)));
  write(part("after"), bdt(ratioText(cash, total)));
  const longest = Object.values(parts).reduce((most, micro) => (size(micro) > most ? size(micro) : most), 1n);
  for (const [name, micro] of Object.entries(parts)) showPart(part(name), micro, { longest, total, before: first.open });
}

function showPart(row, micro, { longest, total, before }) {
  const [bar, price, percent, cash] = row.querySelectorAll("td");
  const length = (50 * Number(micro)) / Number(longest);
  const rect = bar.querySelector("rect");
  bar.dataset.direction = direction(Number(micro));
  rect.setAttribute("x", (50 + Math.min(0, length)).toFixed(2));
  rect.setAttribute("width", Math.abs(length).toFixed(2));
  showChange(price.firstElementChild, ratioText(micro, total));
  showChange(percent.firstElementChild, partText(micro, before), { unit: "%", format: percentPoints });
  showChange(cash.firstElementChild, toText(micro));
}

function showSince(secs) {
  showTime(box.querySelector("time"), secs * 1000, "minute");
}

/** In a sentence, what moved the price most. */
function verdictOf({ attention, trades }) {
  if (attention === 0n && trades === 0n) return "Nothing moved it: no attention counted, and nobody traded.";
  if (size(attention) >= size(trades)) {
    return `Mostly attention: players looked ${attention > 0n ? "here" : "elsewhere"} more than the price stood for.`;
  }
  const [more, less] = trades > 0n ? ["bought", "sold"] : ["sold", "bought"];
  return `Mostly trades: players ${more} more than they ${less}.`;
}

const size = (micro) => (micro < 0n ? -micro : micro);

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

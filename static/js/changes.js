// How prices stand against those of 5 minutes, an hour and a day ago, as true as the price beside them: every tick
// moves both ends. What they will be compared with in the seconds to come is asked for ahead (markets/history/price_changes.py).
// <dl data-changes-url="…"> … <data data-live="change" data-age="5m" data-from="96.00">

import { partText, toMicro } from "./curve.js";
import { marketOf, onMarket } from "./markets.js";
import { percentPoints, showChange } from "./numbers.js";
import { onJoin } from "./stream.js";

const EVERY_MS = 15_000;
const AGE_MS = { "5m": 300_000, "1h": 3_600_000, "24h": 86_400_000 };

const coming = {}; // by age: {times, place, prices}, the place of what is compared with now

/** Keep the changes of all markets, or of one, true while the page is in view. */
export function keepChanges(biome) {
  const { changesUrl } = document.querySelector("[data-changes-url]").dataset;
  const url = biome ? `${changesUrl}?biome=${biome}` : changesUrl;
  const refresh = () => document.hidden || ask(url);
  refresh();
  setInterval(refresh, EVERY_MS);
  document.addEventListener("visibilitychange", refresh);
  onMarket((market, event) => {
    goOn(Date.parse(event.at));
    showAll(market);
  });
  onJoin(refresh);
}

async function ask(url) {
  const reply = await fetch(url).catch(() => null);
  // The stream says when the exchange is away; here the next time is soon enough.
  if (reply?.ok) take(await reply.json());
}

function take(ages) {
  for (const [age, { at, prices }] of Object.entries(ages)) {
    coming[age] = { times: at.map((time) => Date.parse(time) + AGE_MS[age]), place: 0, prices };
  }
  const biomes = new Set(Object.values(ages).flatMap(({ prices }) => Object.keys(prices)));
  for (const biome of biomes) if (marketOf(biome)?.price) showAll(marketOf(biome));
}

/** Compare with what is old enough at a time of the exchange, in milliseconds. */
function goOn(now) {
  for (const one of Object.values(coming)) while (one.times[one.place + 1] <= now) one.place += 1;
}

function showAll({ biome, price }) {
  for (const element of document.querySelectorAll(`[data-biome="${biome}"] [data-live="change"]`)) {
    const { age } = element.dataset;
    const from = coming[age]?.prices[biome]?.[coming[age].place];
    if (from) element.dataset.from = from;
    if (element.dataset.from) showFrom(element, price, element.dataset.from);
  }
}

function showFrom(element, price, from) {
  const then = toMicro(from);
  showChange(element, partText(toMicro(price) - then, then), { unit: "%", format: percentPoints });
}

// How prices stand against those of 5 minutes, an hour and a day ago. markets.js measures every new price against the
// old one in data-from; the old ones grow older too, and are asked for again here.
// <dl data-changes-url="…"> … <data data-live="change" data-age="5m" data-from="96.00">

const EVERY_MS = 15_000;

/** Keep the prices to compare with fresh while the page is in view. */
export function keepChanges() {
  const url = document.querySelector("[data-changes-url]").dataset.changesUrl;
  const refresh = () => document.hidden || ask(url);
  setInterval(refresh, EVERY_MS);
  document.addEventListener("visibilitychange", refresh);
}

async function ask(url) {
  const reply = await fetch(url).catch(() => null);
  // The stream says when the exchange is away; here the next time is soon enough.
  if (reply?.ok) for (const market of await reply.json()) take(market);
}

function take(market) {
  for (const element of document.querySelectorAll(`[data-biome="${market.biome}"] [data-live="change"]`)) {
    element.dataset.from = market[`price_${element.dataset.age}_ago`] ?? "";
  }
}

// The marketplace: rows are kept true by marketplace.js; new listings are told of, and the list is asked for by a click.

import { sayInTime, sayNow } from "./announce.js";
import { now } from "./clock.js";
import { onListing } from "./marketplace.js";

const known = new Set();
const fresh = new Set();
const rows = () => document.getElementById("found-rows");
const counted = (number, what) => `${number} ${what}listing${number === 1 ? "" : "s"}`;

onListing((listing) => {
  if (listing.status !== "active" || listing.bids > 0) return;
  if (known.has(listing.id) || rows().querySelector(`[data-listing="${listing.id}"]`)) return;
  // One that was there before, on another page, is no news: its price was changed.
  if (now() - Date.parse(listing.opened_at) > 60_000) return;
  known.add(listing.id);
  fresh.add(listing.id);
  tell();
});

function tell() {
  const notice = document.getElementById("arrived");
  notice.querySelector("span").textContent = counted(fresh.size, "new ");
  notice.hidden = false;
  sayInTime(counted(fresh.size, "new "));
}

// Addresses without what was left open.
document.addEventListener("htmx:configRequest", ({ target, detail: { parameters } }) => {
  if (target.id !== "search") return;
  for (const [name, value] of Object.entries(parameters)) if (value === "") delete parameters[name];
});

// Read again, with the new ones among them.
document.addEventListener("rejoined", () => fresh.clear());

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target.id !== "found") return;
  fresh.clear();
  sayNow(counted(Number(rows().dataset.count), ""));
  if (document.activeElement === document.body) rows().focus({ preventScroll: true });
});

// Listings as they stand, live. What a page marks with data-field inside data-listing is kept true here:
// <tr data-listing="7"> … <data data-field="price"> … </tr>. Time left ticks by the exchange's clock.

import { msUntil } from "./clock.js";
import { bdt, nameOf, show } from "./numbers.js";
import { on, subscribe } from "./stream.js";

const FLASH_MS = 600;
const TOLD_MOST = 500;
const ENDINGS = { sold: "Sold", cancelled: "Cancelled", expired: "Ended without a sale", ended: "Ended" };
const handlers = [];
const told = new Map(); // the newest word of each listing since the page was read

/** Call `handler(listing)` whenever a listing was told of: it is whole, as in the API. */
export function onListing(handler) {
  handlers.push(handler);
}

/** In its two largest units: 3 d 04 h, 5 h 07 min, 4 min 09 s, 42 s. As templates show it (templatetags/listings.py). */
export function leftText(secs) {
  if (secs <= 0) return "Ended";
  if (secs < 60) return `${secs} s`;
  if (secs < 3600) return `${Math.floor(secs / 60)} min ${padded(secs % 60)} s`;
  if (secs < 86_400) return `${Math.floor(secs / 3600)} h ${padded(Math.floor((secs % 3600) / 60))} min`;
  return `${Math.floor(secs / 86_400)} d ${padded(Math.floor((secs % 86_400) / 3600))} h`;
}

const padded = (number) => String(number).padStart(2, "0");

subscribe("marketplace_all");

on("listing_update", ({ listing }) => {
  if (told.size < TOLD_MOST) told.set(listing.id, listing);
  showListing(listing);
  for (const handler of handlers) handler(listing);
});

document.addEventListener("rejoining", () => told.clear());
document.addEventListener("rejoined", () => told.forEach(showListing));

function showListing(listing) {
  const selector = `[data-listing="${listing.id}"] [data-field]`;
  for (const element of document.querySelectorAll(selector)) FIELDS[element.dataset.field]?.(element, listing);
}

const FIELDS = {
  price(element, listing) {
    const before = Number(element.value);
    show(element, listing.price);
    flash(element, Number(listing.price) - before);
  },
  bids(element, listing) {
    element.textContent = listing.bids;
  },
  "bids-text"(element, listing) {
    element.textContent = `${listing.bids} bid${listing.bids === 1 ? "" : "s"}`;
  },
  "price-label"(element, listing) {
    if (listing.kind === "auction") element.textContent = listing.bids ? "Highest bid" : "Starting price";
  },
  reserve(element, listing) {
    element.textContent = listing.is_reserve_met ? "Reserve met" : "Reserve not met";
  },
  leader(element, listing) {
    element.replaceChildren(...(listing.top_bidder ? [nameOf(listing.top_bidder), " leads"] : ["Nobody leads yet"]));
  },
  "least-bid"(element, listing) {
    if (listing.least_bid === null) return;
    element.dataset.value = listing.least_bid;
    element.textContent = bdt(listing.least_bid);
  },
  state(element, listing) {
    if (listing.status !== "active") element.textContent = ENDINGS[listing.status];
    else for (const time of element.querySelectorAll("[data-ends]")) setEnd(time, listing.ends_at);
  },
};

function setEnd(time, endsAt) {
  time.dateTime = endsAt;
  time.title = `${endsAt.slice(0, 19).replace("T", " ")} UTC`;
  tickOne(time);
}

function flash(element, change) {
  if (change === 0 || !element.classList.contains("flash")) return;
  element.dataset.moved = change > 0 ? "up" : "down";
  clearTimeout(element.flashing);
  element.flashing = setTimeout(() => delete element.dataset.moved, FLASH_MS);
}

function tickOne(time) {
  const secs = Math.max(0, Math.floor(msUntil(time.dateTime) / 1000));
  const text = leftText(secs);
  if (time.textContent !== text) time.textContent = text;
  time.classList.toggle("soon", secs < 300);
}

function tick() {
  for (const time of document.querySelectorAll("[data-ends]")) tickOne(time);
}

setInterval(tick, 1000);

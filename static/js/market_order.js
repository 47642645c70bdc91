// The list's order, kept true while prices move: rows change places, but never under a pointer or the focus.

import { marketOf } from "./markets.js";
import { isMotionReduced } from "./motion.js";

const SORT_EVERY_MS = 1000;
const TOUCHED_MS = 3000; // a finger that was there just now may be about to tap
const GLIDE = { duration: 300, easing: "ease-out" };

let sortedAt = -SORT_EVERY_MS;
let touchedAt = -TOUCHED_MS;

addEventListener("pointerdown", ({ pointerType }) => {
  if (pointerType !== "mouse") touchedAt = performance.now();
}, { capture: true, passive: true });

/** Put the rows in the order that the list's headings name. `biomes` is the canonical order, for what is equal. */
export function keepOrder(list, biomes) {
  const heading = list.querySelector('th:is([aria-sort="ascending"], [aria-sort="descending"])');
  const rows = [...list.querySelectorAll("tbody tr")];
  if (!heading || isInUse(rows[0].parentElement) || performance.now() - sortedAt < SORT_EVERY_MS) return;
  const valueOf = VALUES[heading.dataset.column];
  const values = new Map(rows.map((row) => [row, valueOf(row)]));
  if ([...values.values()].includes(undefined)) return; // not told yet
  const sign = heading.ariaSort === "descending" ? -1 : 1;
  const sorted = rows
    .toSorted((one, other) => biomes.indexOf(one.dataset.biome) - biomes.indexOf(other.dataset.biome))
    .toSorted((one, other) => compare(values.get(one), values.get(other), sign));
  sortedAt = performance.now();
  if (sorted.some((row, place) => row !== rows[place])) move(rows[0].parentElement, sorted);
}

function isInUse(body) {
  if (body.contains(document.activeElement)) return true;
  const isPointedAt = matchMedia("(hover: hover)").matches && body.matches(":hover");
  return isPointedAt || performance.now() - touchedAt < TOUCHED_MS;
}

// What is not known comes last, in either order.
function compare(one, other, sign) {
  if (one === null || other === null) return (one === null) - (other === null);
  return sign * (one - other);
}

const priceOf = (row) => Number(row.querySelector('[data-live="price"]').value);
const changeSince = (age) => (row) => {
  const { from } = row.querySelector(`[data-live="change"][data-age="${age}"]`).dataset;
  return from ? priceOf(row) / from - 1 : null;
};
const told = (name) => (row) => {
  const value = marketOf(row.dataset.biome)?.[name];
  return value === undefined ? undefined : Number(value);
};

const VALUES = {
  price: priceOf,
  "5m": changeSince("5m"),
  "1h": changeSince("1h"),
  "24h": changeSince("24h"),
  attention: told("attention"),
  cycle: told("addedPercent"),
  holding(row) {
    const count = Number(row.querySelector(".held").dataset.shares);
    return count > 0 ? count * priceOf(row) : null;
  },
};

// From where they were to where they belong, so that the eye can follow.
function move(body, sorted) {
  const before = new Map(sorted.map((row) => [row, row.getBoundingClientRect()]));
  body.append(...sorted);
  if (isMotionReduced()) return;
  for (const row of sorted) {
    const [from, to] = [before.get(row), row.getBoundingClientRect()];
    const [x, y] = [from.left - to.left, from.top - to.top];
    if (x || y) row.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], GLIDE);
  }
}

// A parcel in view and in use gives attention to its biome, and the exchange keeps which parcel it was. What the world asks
// for it follows every tick, and an order carries the newest price on the screen.

import { toMicro, toText } from "./curve.js";
import { atMost, isLargePart, worldPrice } from "./land_price.js";
import { follow, marketOf, onMarket } from "./markets.js";
import { bdt, show } from "./numbers.js";
import { on } from "./stream.js";
import { keepTyped } from "./typed.js";

const IDLE_AFTER_MS = 30_000;
const EACH_MS = 500; // a cycle
const FLASH_MS = 600;
const POINTS = 10; // what the budget does not allow is dropped
const SIGNS_OF_USE = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart", "scroll"];

const find = (id) => document.getElementById(id);
const parcel = find("parcel");
const looking = find("looking");
const biome = parcel.dataset.biome;
let form = null;
let price = 0n;
let balance = null; // none for guests
let lastUse = performance.now();
let isAsking = false;
let lastAt = 0;

follow(biome);

if (parcel.dataset.lookUrl) {
  for (const sign of SIGNS_OF_USE) addEventListener(sign, () => (lastUse = performance.now()), { passive: true, capture: true });
  on("biome_market_update", look);
}

// --- The own look ----------------------------------------------------------------------------------------------------

async function look() {
  const now = performance.now();
  if (document.hidden || isAsking || now - lastAt < EACH_MS) return;
  if (now - lastUse > IDLE_AFTER_MS) {
    looking.textContent = "Idle: move to give attention again.";
    tellLook(0);
    return;
  }
  isAsking = true;
  lastAt = now;
  try {
    const headers = { "Content-Type": "application/json", ...JSON.parse(document.body.getAttribute("hx-headers")) };
    const reply = await fetch(parcel.dataset.lookUrl, { method: "POST", headers, body: JSON.stringify({ points: POINTS }) });
    if (!reply.ok) return;
    const { accepted } = await reply.json();
    looking.textContent = `This cycle you gave ${accepted} points to ${biome}, by looking at this parcel.`;
    tellLook(accepted);
  } finally {
    isAsking = false;
  }
}

/** Whoever looks lifts the price that it would pay. */
function tellLook(points) {
  const notice = find("own-look");
  if (!notice) return;
  notice.hidden = points === 0;
  notice.firstElementChild.textContent = `Your own look is lifting this price: it gives ${points} points a cycle to ${biome}.`;
}

// --- Buying from the world -------------------------------------------------------------------------------------------

/** The form as it is now: it is replaced after a join that may have missed something. */
function offer() {
  form = find("buy-form");
  if (!form) return;
  price = BigInt(form.elements.seen_micro.value);
  balance = form.dataset.balance === "" ? null : toMicro(form.dataset.balance);
  keepTyped(form, ["tolerance"]);
  form.addEventListener("input", () => {
    forgetRefusal();
    stand();
  });
  takePrice(marketOf(biome));
  stand();
}

function takePrice(market) {
  if (!form || market?.biome !== biome || !market.cash || !market.total_shares) return;
  const before = price;
  price = worldPrice(market, BigInt(form.dataset.rate));
  if (price !== before) stand(price > before ? "up" : "down");
}

onMarket(takePrice);
on("portfolio_update", ({ wallet }) => {
  if (!form) return;
  balance = toMicro(wallet.balance);
  stand();
});
document.addEventListener("rejoined", offer);
offer();

/** Show what it costs now, and what would be left. */
function stand(moved) {
  const figure = find("world-price");
  show(figure, toText(price));
  if (moved) flash(figure, moved);
  form.elements.seen_micro.value = price;
  tellWorst(atMost(price, form.elements.tolerance.value || "0"));
  if (balance === null) return;
  const isEnough = balance >= price;
  find("button-price").textContent = bdt(toText(price));
  find("spendable").textContent = bdt(toText(balance));
  find("left").textContent = bdt(toText(isEnough ? balance - price : price - balance));
  find("left-words").textContent = isEnough ? "would be left" : "too little";
  form.querySelector("[type=submit]").disabled = !isEnough;
  // Once it was so much for a moment the word for it stays, whatever the price does.
  if (isEnough && isLargePart(price, balance, BigInt(form.dataset.largeBps))) find("confirm").hidden = false;
}

function tellWorst(most) {
  if (most === null) return find("worst").replaceChildren("Bought at any price.");
  const figure = Object.assign(document.createElement("data"), { className: "num" });
  show(figure, toText(most));
  find("worst").replaceChildren("Not bought above ", figure, " BDT.");
}

function forgetRefusal() {
  for (const said of form.querySelectorAll(".errorlist > li, .problem > *")) said.remove();
  for (const wrong of form.querySelectorAll("[aria-invalid]")) wrong.removeAttribute("aria-invalid");
}

function flash(figure, moved) {
  figure.dataset.moved = moved;
  clearTimeout(figure.flashing);
  figure.flashing = setTimeout(() => delete figure.dataset.moved, FLASH_MS);
}

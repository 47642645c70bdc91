// What a player can spend on a listing: too little is said beside the field, and the button is off, before anything is sent.

import { readAmount } from "./amounts.js";
import { toMicro, toText } from "./curve.js";
import { bdt } from "./numbers.js";
import { on } from "./stream.js";
import { keepTyped } from "./typed.js";

const find = (id) => document.getElementById(id);
let balance = null; // newer than the page, once it was told

/** Look after the forms as they are now: they are replaced after each answer. */
export function watchMeans() {
  const form = find("bid-form") ?? find("guest-form");
  if (form && !form.dataset.isWatched) {
    form.dataset.isWatched = "";
    keepTyped(form, ["max"]);
  }
  check();
}

on("portfolio_update", ({ wallet }) => {
  balance = toMicro(wallet.balance);
  check();
});

document.addEventListener("input", ({ target }) => {
  const form = target.closest("#deal form");
  if (!form) return;
  // A refusal was of what stood there before.
  for (const said of form.querySelectorAll(".errorlist > li, .problem > *, .notice[data-code]")) said.remove();
  for (const wrong of form.querySelectorAll('[aria-invalid="true"]')) wrong.removeAttribute("aria-invalid");
  check();
});

function check() {
  const [buying, bidding] = [find("buy-form"), find("bid-form")];
  if (buying) turn(buying, toMicro(buying.dataset.asked), find("buy-means"));
  if (bidding) turn(bidding, amountIn(bidding.elements.max.value), bidding.querySelector(".means"));
}

/** Switch a form's button by whether there is enough for an amount of micro-BDT, and say what would be left or is missing. */
function turn(form, amount, words) {
  const spendable = (balance ?? toMicro(form.dataset.balance)) + toMicro(form.dataset.held);
  const isEnough = spendable >= amount;
  form.querySelector("[type=submit]").disabled = !isEnough;
  const rest = bdt(toText(isEnough ? spendable - amount : amount - spendable));
  const means = amount ? `: ${rest} ${isEnough ? "would be left" : "too little"}.` : ". What you bid is held while you lead.";
  const says = `You can spend ${bdt(toText(spendable))} BDT here${means}`;
  if (words.textContent !== says) words.textContent = says;
}

function amountIn(text) {
  try {
    return toMicro(readAmount(text));
  } catch {
    return 0n;
  }
}

// The trade panel: the quote follows what is typed and what the market does, and the result is told where it stands.
// The panel is replaced after each order, so nothing here holds on to its parts.

import { sayInTime, sayNow } from "./announce.js";
import { onMarket } from "./markets.js";
import { bdt, shares, show } from "./numbers.js";
import { on } from "./stream.js";

const REQUOTE_MS = 1000;
const AMOUNTS = ["spend", "shares"];
const UNANSWERED =
  "No answer came, so the order may or may not have been carried out. Send it again: it is carried out once at most.";

const find = (id) => document.getElementById(id);
const fields = () => find("panel-form").elements;
let quotedAt = 0;

// --- What the player does ---------------------------------------------------------------------------------------------

document.addEventListener("input", ({ target }) => {
  if (!target.closest("#panel-form") || target.id === "confirmed") return;
  if (AMOUNTS.includes(target.name)) choosePart("");
  forgetWord();
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-part]");
  if (!button) return;
  choosePart(button.dataset.part);
  forgetWord();
  requote();
});

/** A word given for one trade does not stand for another. */
function forgetWord() {
  find("confirmed").checked = false;
  delete find("panel-form").dataset.wasLarge;
}

/** A part stays chosen, and follows balance and price, until an amount is typed. */
function choosePart(percent) {
  fields().part.value = percent;
  for (const button of document.querySelectorAll("#panel [data-part]")) {
    button.setAttribute("aria-pressed", String(button.dataset.part === percent));
  }
}

// --- What the market does ---------------------------------------------------------------------------------------------

onMarket(({ biome }) => {
  if (biome === find("panel").dataset.biome) requoteInTime();
});

on("portfolio_update", ({ holding }) => {
  if (holding && holding.biome === find("panel").dataset.biome) showHolding(holding);
  requoteInTime();
});

function showHolding(holding) {
  const [held, cost] = ["shares", "average_cost"].map((name) => document.querySelector(`#panel [data-own="${name}"]`));
  show(held, holding.shares, { unit: "shares", format: shares });
  show(cost, holding.average_cost, { unit: "BDT a share" });
}

function requoteInTime() {
  const isAsked = fields().part.value || fields()[amountName()].value;
  if (!isAsked || document.hidden || performance.now() - quotedAt < REQUOTE_MS) return;
  if (find("panel-form").classList.contains("htmx-request")) return;
  requote();
}

function requote() {
  quotedAt = performance.now();
  htmx.trigger("#panel-quote", "requote");
}

const amountName = () => (fields().side.value === "sell" || fields().by.value === "shares" ? "shares" : "spend");

// --- What the server answers ------------------------------------------------------------------------------------------

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.elt.id === "panel-quote") quotedAt = performance.now();
  // A quote that is under way would come too late.
  if (detail.elt.id === "panel-form") htmx.trigger("#panel-quote", "htmx:abort");
});

// It answers for a server that could not, which is no answer.
const isOfProxy = (xhr) => xhr.status >= 500 && xhr.getResponseHeader("HX-Retarget") === null;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // Busy is an answer too, with the form in it.
  if (detail.requestConfig.elt.id === "panel-form" && detail.xhr.status === 503 && detail.serverResponse.includes('id="panel"')) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});

document.addEventListener("htmx:afterSwap", ({ target, detail }) => {
  if (target.id === "panel-quote") takeQuote(detail.requestConfig.triggeringEvent?.type === "input");
  if (target.id === "panel") takeAnswer();
});

for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(failure, ({ type, detail }) => {
    if (detail.elt.id !== "panel-form" || (type === "htmx:responseError" && !isOfProxy(detail.xhr))) return;
    find("panel-problem").replaceChildren(
      Object.assign(document.createElement("p"), { className: "error", textContent: UNANSWERED }),
    );
  });
}

function takeQuote(wasTyped) {
  const error = find("amount-error");
  const { field, fill } = error.dataset;
  if (fill) fields()[field].value = fill;
  for (const name of AMOUNTS) mark(name, name === field && hasText(error));
  mark("tolerance", hasText(find("tolerance-error")));
  if (document.querySelector("#panel [data-large-impact]")) find("panel-form").dataset.wasLarge = "";
  if (wasTyped) sayInTime(hasText(error) ? error.textContent.trim() : quoteInWords());
}

function quoteInWords() {
  const [got, given] = [...document.querySelectorAll("#quote dd data")].map((data) => data.value);
  if (got === undefined) return "";
  return fields().side.value === "sell"
    ? `${shares(given)} shares bring ${bdt(got)} BDT`
    : `${bdt(given)} BDT buy ${shares(got)} shares`;
}

function takeAnswer() {
  const result = find("panel-result");
  if (result) {
    result.focus();
    sayNow(result.querySelector("h3").textContent.trim());
    return;
  }
  const wrong = document.querySelector('#panel [aria-invalid="true"]');
  (wrong ?? document.querySelector("#panel .order")).focus();
  sayNow([...document.querySelectorAll("#panel .error")].map((error) => error.textContent.trim()).filter(Boolean).join(" "));
}

const mark = (name, isWrong) => fields()[name].setAttribute("aria-invalid", String(isWrong));
const hasText = (element) => element.textContent.trim() !== "";

// The order ticket: its figures follow what is typed and what the market does, reckoned here at every tick, and the order
// carries the newest market that was on the screen. The ticket is replaced after each order, so nothing holds on to its parts.

import { sayInTime, sayNow } from "./announce.js";
import { toMicro, toText } from "./curve.js";
import { keepDraft, restoreDraft } from "./draft.js";
import { marketOf, onMarket } from "./markets.js";
import { bdt, shares, show } from "./numbers.js";
import { on, onState } from "./stream.js";

const ASK_AFTER_MS = 200;
const AMOUNTS = ["spend", "shares", "receive"];
const UNANSWERED =
  "No answer came, so the order may or may not have been carried out. Send it again: it is carried out once at most.";

const find = (id) => document.getElementById(id);
const form = () => find("ticket-form");
const fields = () => form().elements;
const biome = find("ticket").dataset.biome;

let reckoning = null; // what reckons an order and shows it: it comes when somebody is about to place one
let market = marketIn(find("quote"));
let isLive = false;
let asking = 0;

// --- What the player does ---------------------------------------------------------------------------------------------

for (const come of ["pointerover", "focusin"]) {
  document.addEventListener(come, ({ target }) => {
    if (target.closest?.("#ticket")) fetchReckoning();
  });
}

/** Where it does not come, the next try may do better; the order can be sent all the same. */
async function fetchReckoning() {
  if (reckoning) return;
  reckoning = {};
  try {
    const [{ reckon }, { showAnswer }] = await Promise.all([import("./order.js"), import("./ticket_figures.js")]);
    reckoning = { reckon, showAnswer };
  } catch {
    reckoning = null;
    return;
  }
  follow();
  if (isAsked()) sayInTime(inWords());
}

const isAsked = () => fields().part.value !== "" || AMOUNTS.some((name) => fields()[name].value !== "");

document.addEventListener("input", ({ target }) => {
  if (!target.closest("#ticket-form")) return;
  forgetAnswer();
  if (target.id === "confirmed") return;
  if (AMOUNTS.includes(target.name) || target.name === "side") choosePart("");
  if (target.name === "sell_by") choosePart("");
  forgetWord();
  keepDraft(fields());
  follow();
  sayInTime(inWords());
  if (!isLive) askInTime();
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-dismiss-result]")) return forgetAnswer();
  const button = target.closest("[data-part]");
  if (!button) return;
  // Parts of what there is to sell are of shares.
  if (fields().side.value === "sell") fields().sell_by.value = "shares";
  choosePart(button.dataset.part);
  forgetAnswer();
  forgetWord();
  follow();
  keepDraft(fields());
  sayNow(inWords());
});

// The result may stand over the inputs on a small screen.
document.addEventListener("focusin", ({ target }) => {
  if (AMOUNTS.includes(target.name)) find("ticket-result")?.remove();
});

/** What was said of another order goes when the inputs change. */
function forgetAnswer() {
  find("ticket-result")?.remove();
  find("ticket-problem").replaceChildren();
  find("confirmed-error").textContent = "";
  find("tolerance-error").textContent = "";
  const error = find("amount-error");
  error.textContent = "";
  delete error.dataset.told;
}

/** A word given for one trade does not stand for another. */
function forgetWord() {
  find("confirmed").checked = false;
  delete form().dataset.wasLarge;
}

/** A part stays chosen, and follows balance and price, until an amount is typed. */
function choosePart(percent) {
  fields().part.value = percent;
  for (const button of document.querySelectorAll("#ticket [data-part]")) {
    button.setAttribute("aria-pressed", String(button.dataset.part === percent));
  }
}

// --- What the market does ---------------------------------------------------------------------------------------------

restoreDraft(fields());
// It may have been typed before this script came.
if (isAsked()) keepDraft(fields());
follow();
if (isAsked()) fetchReckoning();

onMarket((news, event) => {
  if (news.biome !== biome) return;
  market = event.type === "biome_trade" ? afterTrade(market, event) : afterUpdate(market, news, event.settings);
  follow();
});

onState((state) => {
  isLive = state === "live";
});

on("portfolio_update", ({ holding }) => {
  if (holding && holding.biome === biome) showHolding(holding);
  follow();
});

function showHolding(holding) {
  const [held, cost] = ["shares", "average_cost"].map((name) => document.querySelector(`#ticket [data-own="${name}"]`));
  show(held, holding.shares, { unit: "shares", format: shares });
  held.dataset.cost = holding.cost;
  show(cost, holding.average_cost, { unit: "BDT a share" });
}

/** Show what the inputs would get now, and let the order carry the market that it was reckoned from. */
function follow() {
  fields().seen_cash_micro.value = market.cash;
  showHeading(marketOf(biome), find("attention")?.dataset.state === "giving");
  const { reckon, showAnswer } = reckoning ?? {};
  if (!reckon) return;
  const answer = reckon(asked(), market, means());
  if (answer.fill) fields()[answer.unit].value = toText(answer.fill);
  showAnswer(answer, market, means(), form().classList.contains("htmx-request"));
}

/** Say where the price is going at the present attention, and whether the player's own look is part of it. */
function showHeading(news, isGiving) {
  const heading = news?.heading_price ?? null;
  const isRising = heading === null ? news?.added > 0 : Number(heading) > Number(news.price);
  const own = isGiving && isRising ? "Your own look is lifting this price. " : "";
  const there = heading === null ? "" : `At the present attention it is heading to ${bdt(heading)} BDT a share.`;
  const text = own + there;
  if (find("ticket-heading").textContent !== text) find("ticket-heading").textContent = text;
}

function asked() {
  const [side, by, sellBy, part, tolerance] = ["side", "by", "sell_by", "part", "tolerance"].map((name) => fields()[name].value);
  return { side, by, sellBy, part, tolerance, texts: Object.fromEntries(AMOUNTS.map((name) => [name, fields()[name].value])) };
}

/** What the player has, in micro-units; null for a guest. */
function means() {
  const [balance, held] = ['[data-live="balance"]', '[data-own="shares"]'].map((own) => document.querySelector(`#ticket ${own}`));
  if (!balance) return null;
  return { balance: toMicro(balance.value), held: toMicro(held.value), cost: toMicro(held.dataset.cost) };
}

// --- What the server answers ------------------------------------------------------------------------------------------

/** While there is no stream, the server says how the market stands. */
function askInTime() {
  clearTimeout(asking);
  asking = setTimeout(() => htmx.trigger("#ticket-quote", "requote"), ASK_AFTER_MS);
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.elt.id !== "ticket-form") return;
  clearTimeout(asking);
  // A quote that is under way would come too late.
  htmx.trigger("#ticket-quote", "htmx:abort");
  sayNow("Sending the order");
});

// It answers for a server that could not, which is no answer.
const isOfProxy = (xhr) => xhr.status >= 500 && xhr.getResponseHeader("HX-Retarget") === null;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // Busy is an answer too, with the form in it.
  if (detail.requestConfig.elt.id === "ticket-form" && detail.xhr.status === 503 && detail.serverResponse.includes('id="ticket"')) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});

document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target.id !== "ticket-quote" && target.id !== "ticket") return;
  market = marketIn(find("quote"));
  if (target.id === "ticket") takeAnswer();
  follow();
});

for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(failure, ({ type, detail }) => {
    if (detail.elt.id !== "ticket-form" || (type === "htmx:responseError" && !isOfProxy(detail.xhr))) return;
    find("ticket-problem").replaceChildren(
      Object.assign(document.createElement("p"), { className: "error", textContent: UNANSWERED }),
    );
  });
}

function takeAnswer() {
  const result = find("ticket-result");
  if (result) {
    keepDraft(fields());
    result.focus({ preventScroll: true });
    sayNow(result.querySelector("h3").textContent.trim());
    return;
  }
  if (document.querySelector("#ticket [data-large-impact]")) form().dataset.wasLarge = "";
  find("amount-error").dataset.told = "";
  const wrong = document.querySelector('#ticket [aria-invalid="true"]');
  (wrong ?? document.querySelector("#ticket .order")).focus();
  sayNow([...document.querySelectorAll("#ticket .error")].map((error) => error.textContent.trim()).filter(Boolean).join(" "));
}

function inWords() {
  const answer = reckoning?.reckon?.(asked(), market, means());
  const said = find("amount-error").textContent.trim();
  if (said || !answer?.quote) return said;
  const [count, total] = [shares(toText(answer.quote.shares)), bdt(toText(answer.quote.total))];
  return fields().side.value === "sell" ? `${count} shares bring ${total} BDT` : `${total} BDT buy ${count} shares`;
}

// --- The market that it reckons with, in micro-units: {cash, total, held, feeBps, mostBps, largeBps, isPaused} ---------------

/** The market as the server wrote it into the ticket. */
function marketIn({ dataset }) {
  return {
    cash: BigInt(dataset.cash),
    total: BigInt(dataset.total),
    held: BigInt(dataset.held),
    feeBps: BigInt(dataset.feeBps),
    mostBps: BigInt(dataset.mostBps),
    largeBps: BigInt(dataset.largeBps),
    isPaused: "paused" in dataset,
  };
}

/** The market as an update or a snapshot of the stream tells it, which may bring other settings. */
function afterUpdate(before, news, settings) {
  const told = { cash: toMicro(news.cash), total: toMicro(news.total_shares), held: toMicro(news.shares_held) };
  if (!settings) return { ...before, ...told };
  const [feeBps, mostBps] = [bpsOf(settings.trade_fee_percent), bpsOf(settings.max_trade_percent)];
  return { ...before, ...told, feeBps, mostBps, isPaused: settings.trading_paused };
}

const bpsOf = (percent) => toMicro(percent) / 10_000n;

/** The market after a trade that the stream tells of; it may have been in the last update already. */
function afterTrade(before, { side, shares: traded, cash_after: after }) {
  const cash = toMicro(after);
  if (cash === before.cash) return before;
  return { ...before, cash, held: before.held + (side === "buy" ? toMicro(traded) : -toMicro(traded)) };
}

// How the order ticket shows what an order would get. Nothing moves: each figure has its place.

import { partText, ratioText, toText } from "./curve.js";
import { bdt, percentPoints, shares, show, showChange } from "./numbers.js";

const find = (id) => document.getElementById(id);
const NOTHING = "–";
const A_SHARE = { unit: "BDT a share" };
const words = JSON.parse(find("ticket-words").textContent);

/** Show an answer of order.js: figures, the limit, what stands in the way, and whether the order can be sent. */
export function showAnswer(answer, market, means, isSending) {
  for (const [name, figure] of Object.entries(figuresOf(answer, market, means))) showFigure(name, figure);
  showLimit(answer);
  showImpact(answer, market);
  showProblem(answer);
  const button = document.querySelector("#ticket .order");
  if (button && !isSending) button.disabled = Boolean(answer.code ?? answer.words);
}

function figuresOf({ quote, move, unit }, market, means) {
  const none = { bought: null, received: null, paid: null, sold: null, gain: null, fee: null, average: null, after: null, impact: null, left: null };
  if (!quote) return none;
  const isBuy = unit === "spend" || document.querySelector('#ticket-form [name="side"]:checked').value === "buy";
  const of = isBuy ? { bought: [quote.shares, "shares"], paid: [quote.total] } : { received: [quote.total], sold: [quote.shares, "shares"] };
  return {
    ...none,
    ...of,
    fee: [quote.fee],
    average: [ratioText(quote.curve, quote.shares), "price"],
    after: [ratioText(quote.cashAfter, market.total), "price"],
    impact: [partText(move, market.cash), "percent"],
    gain: isBuy ? null : gainOf(quote, means),
    left: leftOf(isBuy ? -quote.total : quote.total, means),
  };
}

/** What the sale would gain against the cost of the shares sold; null for what is not held. */
function gainOf({ shares: sold, total }, means) {
  if (!means || means.held < sold) return null;
  return [total - (means.cost * sold) / means.held, "gain"];
}

/** The balance after it; null where there is not enough. */
function leftOf(change, means) {
  return means && means.balance + change >= 0n ? [means.balance + change] : null;
}

const SHOW = {
  bdt: (element, micro) => show(element, toText(micro)),
  shares: (element, micro) => show(element, toText(micro), { unit: "shares", format: shares }),
  price: (element, text) => show(element, text, A_SHARE),
  gain: (element, micro) => showChange(element, toText(micro)),
  percent: (element, text) => showChange(element, text, { unit: "%", format: percentPoints }),
};

function showFigure(name, figure) {
  const place = document.querySelector(`#quote [data-figure="${name}"]`);
  if (!place) return;
  if (!figure) {
    if (place.textContent !== NOTHING) place.textContent = NOTHING;
    return;
  }
  const [amount, kind = "bdt"] = figure;
  const element = place.querySelector("data") ?? document.createElement("data");
  if (!element.parentElement) place.replaceChildren(element);
  element.classList.toggle("change", kind === "gain" || kind === "percent");
  SHOW[kind](element, amount);
}

function showLimit({ quote, limit, unit }) {
  const place = find("ticket-limit");
  if (quote && limit === null) return place.replaceChildren("Carried out at any price.");
  if (!quote) return place.replaceChildren("Not carried out when the price moves further than this against you.");
  const element = document.createElement("data");
  if (limit.shares !== undefined) {
    show(element, toText(limit.shares), { unit: "shares", format: shares });
    return place.replaceChildren("Not carried out for less than ", element, " shares.");
  }
  if (limit.proceeds !== undefined) {
    show(element, toText(limit.proceeds));
    return place.replaceChildren("Not carried out for less than ", element, " BDT.");
  }
  show(element, toText(limit.price), A_SHARE);
  place.replaceChildren(`Not carried out ${unit === "receive" ? "below" : "above"} an average of `, element, " BDT.");
}

function showImpact({ isLarge, move }, market) {
  const place = find("ticket-impact");
  place.toggleAttribute("data-large-impact", Boolean(isLarge));
  if (!isLarge) return;
  find("ticket-form").dataset.wasLarge = "";
  place.firstElementChild.textContent = `This trade alone moves the price by ${bdt(partText(move, market.cash))} %.`;
}

function showProblem({ unit, code, words: unreadable, most }) {
  const error = find("amount-error");
  const said = unreadable ?? (code ? (mostInWords(code, unit, most) ?? words[code]) : "");
  // What the server said of the order stays until the inputs change.
  if (!said && "told" in error.dataset) return;
  if (error.textContent.trim() !== said) error.textContent = said;
  error.dataset.field = unit;
  for (const name of ["spend", "shares", "receive"]) {
    find(name).setAttribute("aria-invalid", String(name === unit && said !== ""));
  }
}

/** Rounded down, so that it can be typed. */
function mostInWords(code, unit, most) {
  if (code !== "trade_too_large" && code !== "sold_out") return undefined;
  if (unit === "shares") return `At most ${shares(toText((most / 100n) * 100n))} shares in one trade.`;
  return `At most ${bdt(toText((most / 10_000n) * 10_000n))} BDT ${unit === "receive" ? "from one sale" : "in one trade"}.`;
}

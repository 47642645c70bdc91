// What the order ticket's inputs ask, what that would get at the market as it stands, and what stands in the way: the same
// as the server says (trading/views/order_ticket.py), in whole micro-units. Pure: nothing here knows the page.

import { UnreadableAmount, readAmount } from "./amounts.js";
import { divided, toMicro } from "./curve.js";
import {
  buyable, limitAround, mostToBuy, mostToReceive, mostToSell, mostToSpend, quoteBuy, quoteSell,
} from "./quotes.js";

const BPS_WHOLE = 10_000n;
// The least that pages show: 0.01 BDT and 0.0001 shares.
const SHOWN = { spend: 10_000n, receive: 10_000n, shares: 100n };

const smaller = (one, other) => (one < other ? one : other);
const downTo = (step, amount) => (amount / step) * step || amount;
const nearest = (step, amount) => divided(amount, step) * step;

/** The name of the amount that counts: `ask` is {side, by, sellBy, part, texts, tolerance}. */
export function unitOf({ side, by, sellBy, part }) {
  if (side === "sell") return sellBy === "receive" && !part ? "receive" : "shares";
  return by === "shares" ? "shares" : "spend";
}

/**
 * {unit, quote, limit, isLarge, code, words, fill}: what is not so is missing. `means` is {balance, held, cost} in
 * micro-units, null for a guest; `words` is there where the text is no amount, `fill` where a part was asked for.
 */
export function reckon(ask, market, means) {
  const unit = unitOf(ask);
  const sized = ask.part ? sizeOfPart(ask, unit, market, means) : sizeOfText(ask.texts[unit]);
  if (sized.micro === undefined) return { unit, ...sized };
  const size = { [unit]: meant(sized, unit, ask, means) };
  const told = ask.side === "sell" ? quoteSell(size, market) : quoteBuy(size, market);
  const code = whatLacks(ask, size, told, means) ?? told.code;
  const answer = { unit, fill: sized.fill, code, most: code && mostOf(ask, unit, market) };
  return told.code ? answer : { ...answer, ...ofQuote(told, ask, unit, market) };
}

function ofQuote(quote, ask, unit, market) {
  const move = quote.cashAfter - market.cash;
  const isLarge = (move < 0n ? -move : move) * BPS_WHOLE >= market.largeBps * market.cash;
  return { quote, move, isLarge, limit: limitAround(quote, { side: ask.side, by: unit }, toleranceOf(ask)) };
}

/** Basis points; null for no limit. */
const toleranceOf = ({ tolerance }) => (tolerance === "any" ? null : toMicro(tolerance || "0") / 10_000n);

function sizeOfText(text) {
  if (text.trim() === "") return {};
  try {
    const micro = toMicro(readAmount(text));
    return micro > 0n ? { micro } : { words: "The amount must be above 0." };
  } catch (problem) {
    if (problem instanceof UnreadableAmount) return { words: problem.message };
    throw problem;
  }
}

function sizeOfPart({ side, part }, unit, market, means) {
  const percent = BigInt(part);
  if (side === "sell") {
    const sold = smaller((means.held * percent) / 100n, mostToSell(market));
    if (sold === 0n) return { code: "insufficient_shares" };
    // Of all that is held, nothing is left.
    const micro = sold === means.held ? sold : downTo(SHOWN.shares, sold);
    return { micro, fill: micro };
  }
  const money = (means.balance * percent) / 100n;
  const micro = unit === "shares" ? buyable(money, market) : smaller(money, mostToSpend(market));
  if (micro === 0n) return { code: "insufficient_funds" };
  return { micro: downTo(SHOWN[unit], micro), fill: downTo(SHOWN[unit], micro) };
}

/** Who typed all that the page shows of theirs, which is rounded, means all they have. */
function meant({ micro }, unit, { side }, means) {
  if (!means || unit === "receive" || (unit === "shares" && side === "buy")) return micro;
  const has = unit === "spend" ? means.balance : means.held;
  return micro === nearest(SHOWN[unit], has) ? smaller(micro, has) : micro;
}

function whatLacks({ side }, size, quote, means) {
  if (!means || quote.code === "trading_paused") return undefined;
  if (side === "sell") {
    const sold = quote.shares ?? size.shares ?? 0n;
    if (sold <= means.held) return undefined;
    return size.receive === undefined ? "insufficient_shares" : "insufficient_receive";
  }
  const spent = [size.spend ?? 0n, quote.total ?? 0n].reduce((one, other) => (one > other ? one : other));
  return spent > means.balance ? "insufficient_funds" : undefined;
}

function mostOf({ side }, unit, market) {
  if (side === "sell") return unit === "receive" ? mostToReceive(market) : mostToSell(market);
  return unit === "shares" ? mostToBuy(market) : mostToSpend(market);
}

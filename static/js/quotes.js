// The fill that a trade would get at a market as it stands, in whole micro-units: the very integers that the exchange
// would execute (trading/pricing/quotes.py, trading/pricing/sizing.py), so that a quote follows each price without asking for it.
//
// A market here is {cash, total, held, feeBps, mostBps, isPaused}: micro-units and basis points, all BigInt but the last.

import { costOf, proceedsOf, sharesFor, sharesWithin } from "./curve.js";

const MICRO = 1_000_000n;
const BPS_WHOLE = 10_000n;

const ceilDiv = (part, whole) => (part + whole - 1n) / whole;
const larger = (one, other) => (one > other ? one : other);
const smaller = (one, other) => (one < other ? one : other);

const feeOf = (amount, bps) => ceilDiv(amount * bps, BPS_WHOLE);
const netOfFee = (gross, bps) => (gross * BPS_WHOLE) / (BPS_WHOLE + bps);
const largestTrade = ({ cash, mostBps }) => (cash * mostBps) / BPS_WHOLE;
const refused = (code) => ({ code });

/** {shares, curve, fee, total, cashAfter}, or {code} of what refuses it. The size names `spend` or `shares`. */
export function quoteBuy({ spend, shares }, market) {
  if (market.isPaused) return refused("trading_paused");
  const wanted = shares ?? sharesFor(netOfFee(spend, market.feeBps), market);
  if (wanted < 1n) return refused("amount_too_small");
  if (wanted > market.total - market.held) return refused("sold_out");
  const curve = costOf(wanted, market);
  if (curve > largestTrade(market)) return refused("trade_too_large");
  const fee = feeOf(curve, market.feeBps);
  return { shares: wanted, curve, fee, total: curve + fee, cashAfter: market.cash + curve };
}

/** The same of a sale, which names `shares` or `receive`: the BDT to get after the fee. */
export function quoteSell({ shares, receive }, market) {
  if (market.isPaused) return refused("trading_paused");
  const sold = shares ?? sharesBringing(receive, market);
  if (sold > market.held) return refused("insufficient_shares");
  const curve = proceedsOf(sold, market);
  const fee = feeOf(curve, market.feeBps);
  if (curve - fee < 1n) return refused("amount_too_small");
  if (curve > largestTrade(market)) return refused("trade_too_large");
  return { shares: sold, curve, fee, total: curve - fee, cashAfter: market.cash - curve };
}

/** The fewest shares whose sale brings so much after the fee; one more than there are where none do. */
export function sharesBringing(receive, market) {
  if (market.feeBps >= BPS_WHOLE) return market.total + 1n;
  const proceeds = ceilDiv(receive * BPS_WHOLE, BPS_WHOLE - market.feeBps);
  if (proceeds > proceedsOf(market.total, market)) return market.total + 1n;
  return sharesWithin(proceeds - 1n, market) + 1n;
}

/** The most shares that one buy can get. */
export function mostToBuy(market) {
  return smaller(sharesFor(largestTrade(market), market), market.total - market.held);
}

/** The most BDT, fee included, that one buy can spend. */
export function mostToSpend(market) {
  return (costOf(mostToBuy(market) + 1n, market) * (BPS_WHOLE + market.feeBps) - 1n) / BPS_WHOLE;
}

/** The most shares that one sale can sell. */
export const mostToSell = (market) => sharesWithin(largestTrade(market), market);

/** The most BDT, after the fee, that one sale can bring. */
export function mostToReceive(market) {
  const curve = proceedsOf(mostToSell(market), market);
  return curve - feeOf(curve, market.feeBps);
}

/** The shares that so much money buys in one buy, fee included. */
export function buyable(spend, market) {
  return smaller(sharesFor(netOfFee(spend, market.feeBps), market), mostToBuy(market));
}

/** The worst fill within a tolerance of a quote; null for no limit. Names `shares`, `proceeds` or `price`. */
export function limitAround(quote, { side, by }, toleranceBps) {
  if (toleranceBps === null) return null;
  if (by === "receive") {
    return { price: (quote.curve * MICRO * larger(0n, BPS_WHOLE - toleranceBps)) / (quote.shares * BPS_WHOLE) };
  }
  if (side === "sell") return { proceeds: (quote.total * larger(0n, BPS_WHOLE - toleranceBps)) / BPS_WHOLE };
  const most = BPS_WHOLE + toleranceBps;
  if (by === "spend") return { shares: (quote.shares * BPS_WHOLE) / most };
  return { price: ceilDiv(quote.curve * MICRO * most, quote.shares * BPS_WHOLE) };
}

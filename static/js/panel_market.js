// The market that the trade panel reckons with, in micro-units: {cash, total, held, feeBps, mostBps, largeBps, isPaused}.

import { toMicro } from "./curve.js";

/** The market as the server wrote it into the panel. */
export function marketIn({ dataset }) {
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
export function afterUpdate(market, news, settings) {
  const told = { cash: toMicro(news.cash), total: toMicro(news.total_shares), held: toMicro(news.shares_held) };
  if (!settings) return { ...market, ...told };
  const [feeBps, mostBps] = [bpsOf(settings.trade_fee_percent), bpsOf(settings.max_trade_percent)];
  return { ...market, ...told, feeBps, mostBps, isPaused: settings.trading_paused };
}

const bpsOf = (percent) => toMicro(percent) / 10_000n;

/** The market after a trade that the stream tells of; it may have been in the last update already. */
export function afterTrade(market, { side, shares, cash_after: after }) {
  const cash = toMicro(after);
  if (cash === market.cash) return market;
  return { ...market, cash, held: market.held + (side === "buy" ? toMicro(shares) : -toMicro(shares)) };
}

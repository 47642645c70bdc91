// What the world asks for a parcel, in whole micro-BDT, to the unit as the exchange counts it (marketplace/pricing/land_prices.py).

import { toMicro } from "./curve.js";

const MICRO = 1_000_000n;
const BPS_WHOLE = 10_000n;
const RATE_WHOLE = BPS_WHOLE * BPS_WHOLE;

/** What the world asks for a parcel of a rate (biome factor x elevation factor), rounded up, in micro-BDT. */
export function priceOf(rate, { cash, total }) {
  const whole = total * RATE_WHOLE;
  return (cash * MICRO * rate + whole - 1n) / whole;
}

/** The same while its biome's market stands so: {cash, total_shares} as the stream tells it. */
export const worldPrice = ({ cash, total_shares: total }, rate) => priceOf(rate, { cash: toMicro(cash), total: toMicro(total) });

/** The highest price that a tolerance lets through: percent as in the choices, null where any does. */
export function atMost(seen, tolerance) {
  return tolerance === "any" ? null : (seen * (BPS_WHOLE + toMicro(tolerance) / 10_000n)) / BPS_WHOLE;
}

/** Whether a price is so large a part of a balance that it takes a second word. */
export const isLargePart = (price, balance, bps) => price * BPS_WHOLE >= balance * bps;

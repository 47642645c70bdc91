// What land is worth, to the micro-BDT as the exchange counts it (marketplace/pricing/land_prices.py).

const MICRO = 1_000_000n;
const WEIGHT_WHOLE = 100_000_000n; // biome factor x elevation factor, each in basis points

/** What the world asks for a parcel of a weight, rounded up, in micro-BDT. */
export function priceOf(weight, { cash, total }) {
  const whole = total * WEIGHT_WHOLE;
  return (cash * MICRO * weight + whole - 1n) / whole;
}

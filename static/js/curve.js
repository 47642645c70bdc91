// What shares are worth, in whole micro-units, to the unit as the exchange counts it (markets/curve.py, trading/pricing/quotes.py):
// a page that asked the server at every price would ask twice a second.

const MICRO = 1_000_000n;
const BPS_WHOLE = 10_000n;
const ONE = 10n ** 70n; // of the fixed point in which the exponential is added up

/** Whole micro-units of a decimal string. */
export function toMicro(text) {
  const [whole, places = ""] = text.replace("-", "").split(".");
  const micro = BigInt(whole) * MICRO + BigInt(places.padEnd(6, "0"));
  return text.startsWith("-") ? -micro : micro;
}

/** A decimal string with two to six places. */
export function toText(micro) {
  const size = micro < 0n ? -micro : micro;
  const places = String(size % MICRO).padStart(6, "0").replace(/0{1,4}$/, "");
  return `${micro < 0n ? "-" : ""}${size / MICRO}.${places}`;
}

/** Percent that a part, or a gain or loss, is of a whole, as a decimal string; null where there is no whole. */
export function partText(part, whole) {
  return whole > 0n ? toText(divided(part * 100n * MICRO, whole)) : null;
}

/** A ratio, such as a price, as a decimal string of six places at most. */
export const ratioText = (part, whole) => toText(divided(part * MICRO, whole));

/** A quotient rounded to the nearest, half to even. */
export function divided(part, whole) {
  const size = part < 0n ? -part : part;
  const [quotient, twice] = [size / whole, 2n * (size % whole)];
  const rounded = twice > whole || (twice === whole && quotient % 2n) ? quotient + 1n : quotient;
  return part < 0n ? -rounded : rounded;
}

/** What shares are worth at their price. */
export const markOf = (shares, { cash, total }) => (shares * cash) / total;

/** What selling them now would bring after the fee. */
export function saleOf(shares, market, feeBps) {
  const proceeds = proceedsOf(shares, market);
  return proceeds - (proceeds * feeBps + BPS_WHOLE - 1n) / BPS_WHOLE;
}

/** What selling pays before the fee: cash * (1 - e^(-shares / total)), rounded down; its series alternates and soon ends. */
export function proceedsOf(shares, { cash, total }) {
  const exponent = (shares * ONE) / total;
  let part = 0n;
  for (let term = exponent, order = 2n; term !== 0n; order += 1n) {
    part += term;
    term = (-term * exponent) / (order * ONE);
  }
  return (cash * part) / ONE;
}

/** What buying costs before the fee: cash * (e^(shares / total) - 1), rounded up. */
export function costOf(shares, { cash, total }) {
  if (shares === 0n) return 0n;
  const exponent = (shares * ONE) / total + 1n;
  let growth = 0n;
  for (let term = exponent, order = 2n; term !== 0n; order += 1n) {
    // Each term is cut off, never by a whole unit.
    growth += term + 1n;
    term = (term * exponent) / (order * ONE);
  }
  return (cash * growth + ONE - 1n) / ONE;
}

/** The most shares whose cost is within the money. */
export function sharesFor(spend, market) {
  if (spend <= 0n) return 0n;
  let shares = (market.total * logOf(market.cash + spend, market.cash)) / ONE;
  while (shares > 0n && costOf(shares, market) > spend) shares -= 1n;
  while (costOf(shares + 1n, market) <= spend) shares += 1n;
  return shares;
}

/** The most shares, of all there are, whose sale pays no more than this. */
export function sharesWithin(most, market) {
  if (proceedsOf(market.total, market) <= most) return market.total;
  let shares = (market.total * logOf(market.cash, market.cash - most - 1n)) / ONE;
  while (shares > 0n && proceedsOf(shares, market) > most) shares -= 1n;
  while (proceedsOf(shares + 1n, market) <= most) shares += 1n;
  return shares;
}

/** The natural logarithm of a fraction from one upwards, to some units of the fixed point. */
function logOf(above, below) {
  let twos = 0n;
  while (above > 2n * below) {
    below *= 2n;
    twos += 1n;
  }
  return twos * twiceArtanh(ONE / 3n) + twiceArtanh(((above - below) * ONE) / (above + below));
}

/** ln((1 + z) / (1 - z)). */
function twiceArtanh(z) {
  const square = (z * z) / ONE;
  let sum = 0n;
  for (let power = z, order = 1n; power !== 0n; order += 2n) {
    sum += power / order;
    power = (power * square) / ONE;
  }
  return 2n * sum;
}

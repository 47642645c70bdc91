// The exchange's time. The device's clock may be hours off, and is never asked: the page says when it was made, the
// stream says the time each second, and between them counts how long the page has been there.

const BEHIND_MS = 2000; // so much earlier than was believed, it is no delay on the way but the exchange's clock that was set

const [visit] = performance.getEntriesByType("navigation");
let aheadMs = (timeIn(document) || -Infinity) - (visit?.responseStart || performance.now()); // of how long the page has been there

/** Milliseconds since 1970, by the exchange's clock. */
export const now = () => performance.now() + aheadMs;

/** Milliseconds until a time of the exchange's clock. */
export const msUntil = (time) => Date.parse(time) - now();

/** Take what the exchange's clock showed as it said so, just now: it may have been on its way for a while. */
export function hearTime(at) {
  const heardMs = Date.parse(at) - performance.now();
  if (heardMs > aheadMs || heardMs < aheadMs - BEHIND_MS) aheadMs = heardMs;
}

/** Take the time at which a page was made. */
export const hearTimeOf = (page) => hearTime(page.querySelector('meta[name="server-time"]').content);

function timeIn(page) {
  return Date.parse(page.querySelector('meta[name="server-time"]').content);
}

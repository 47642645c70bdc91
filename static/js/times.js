// Times as players read them: one zone everywhere, the one of their preferences, or else the browser's. UTC is on hover.
// The same words as core/templatetags/times.py, which writes them without JavaScript.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const NUMBERS = { year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" };

const inZone = (timeZone) => new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", ...NUMBERS });
const UTC = inZone("UTC");
let own = ownFormat();

/** The zone that all times of the page are in, as "Europe/Berlin". */
export let zone = own.resolvedOptions().timeZone;

// What each `data-show` says. Times are RFC 3339 texts, milliseconds since 1970, or dates.
const STYLES = {
  clock: (at) => `${at.hour}:${at.minute}:${at.second}`,
  minute: (at) => `${at.hour}:${at.minute}`,
  day: (at) => `${at.day} ${at.month}`,
  date: (at) => `${at.day} ${at.month} ${at.year}`,
  moment: (at) => `${STYLES.day(at)}, ${STYLES.minute(at)}`,
  "day-clock": (at) => `${STYLES.day(at)}, ${STYLES.clock(at)}`,
  "date-minute": (at) => `${STYLES.date(at)}, ${STYLES.minute(at)}`,
  full: (at) => `${STYLES.date(at)}, ${STYLES.clock(at)}`,
};

/** Return a time in the player's zone, in one of the styles above. */
export const inStyle = (time, style) => STYLES[style](partsOf(time, own));
/** Return "10:00:00". */
export const clock = (time) => inStyle(time, "clock");
/** Return "10:00". */
export const minute = (time) => inStyle(time, "minute");
/** Return "31 Jan". */
export const day = (time) => inStyle(time, "day");
/** Return "31 Jan, 10:00". */
export const moment = (time) => inStyle(time, "moment");
/** Return "31 Jan, 10:00:00". */
export const dayAndClock = (time) => inStyle(time, "day-clock");
/** Return "31 Jan 2026, 10:00:00 UTC", for what is on hover. */
export const inUtc = (time) => `${STYLES.full(partsOf(time, UTC))} UTC`;

/** Show a time in its <time> element: by the style of `data-show`, exact in `datetime`, in UTC on hover. */
export function showTime(element, time, style = element.dataset.show ?? "clock") {
  const exact = new Date(time).toISOString();
  if (element.dateTime === exact && element.dataset.show === style) return;
  element.dateTime = exact;
  element.title = inUtc(time);
  element.dataset.show = style;
  element.textContent = inStyle(time, style);
}

/** Tell all times in another zone from now on; an empty name is the browser's. */
export function changeZone(name) {
  document.documentElement.dataset.zone = name;
  own = ownFormat();
  zone = own.resolvedOptions().timeZone;
  showTimesIn(document.documentElement);
}

/** Show the times within an element that the server wrote in UTC in the player's zone, and name that zone. */
export function showTimesIn(root) {
  for (const element of allIn(root, "time[data-show]")) {
    const text = inStyle(element.dateTime, element.dataset.show);
    if (element.textContent !== text) element.textContent = text;
  }
  for (const element of allIn(root, "[data-zone-name]")) element.textContent = zone;
}

function ownFormat() {
  const chosen = document.documentElement.dataset.zone;
  try {
    return inZone(chosen || undefined);
  } catch {
    return inZone("UTC"); // A zone that this browser has not heard of.
  }
}

function partsOf(time, format) {
  const parts = Object.fromEntries(format.formatToParts(new Date(time)).map(({ type, value }) => [type, value]));
  return { ...parts, day: Number(parts.day), month: MONTHS[Number(parts.month) - 1] };
}

function allIn(root, selector) {
  return root.matches?.(selector) ? [root] : root.querySelectorAll(selector);
}

// How live numbers are shown: the same as templates show them (markets/templatetags/amounts.py). Decimal strings in.

const twoPlaces = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2, roundingMode: "halfEven" });
const fourPlaces = new Intl.NumberFormat("en", { minimumFractionDigits: 4, maximumFractionDigits: 4, roundingMode: "halfEven" });
const onePlace = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1, roundingMode: "halfEven" });

const ARROWS = { up: "▲", down: "▼", level: "–" };
const SIGNS = { up: "+", down: "−", level: "" };

const wholeNumber = new Intl.NumberFormat("en", { maximumFractionDigits: 0, roundingMode: "halfEven" });

/** A count: 8829 is "8,829". */
export const whole = (number) => wholeNumber.format(number);
export const bdt = (text) => twoPlaces.format(text);
export const shares = (text) => fourPlaces.format(text);
/** A part of one as percent, without the sign: 0.125 is "12.5". */
export const percent = (part) => onePlace.format(part * 100);

/** Percent as it is: 2.5 is "2.50 %". */
export const percentPoints = (number) => `${bdt(number)} %`;

export function direction(number) {
  return number > 0 ? "up" : number < 0 ? "down" : "level";
}

const threeFigures = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3, roundingMode: "halfEven" });

/** A gain or loss in three figures, where there is no room for more: "-1234567" is "−1.23M". */
export const compact = (text) => `${SIGNS[direction(text)]}${threeFigures.format(Math.abs(text))}`;

/** A gain or loss: an arrow, the sign, the amount. Never told by colour alone. */
export function change(number, format = bdt) {
  const way = direction(number);
  return `${ARROWS[way]} ${SIGNS[way]}${format(Math.abs(number))}`;
}

/** Show an amount, with its exact value on hover. */
export function show(element, text, { unit = "BDT", format = bdt } = {}) {
  element.textContent = format(text);
  element.title = `${text} ${unit}`;
  element.value = text;
}

/** Show a gain or loss in the colour of its direction, with its exact value on hover. */
export function showChange(element, text, { unit = "BDT", format = bdt } = {}) {
  element.textContent = change(Number(text), format);
  element.title = `${text} ${unit}`;
  element.value = text;
  element.dataset.direction = direction(Number(text));
}

/** What a player wrote, in a box of its own: it neither widens nor turns around the sentence that it stands in. */
export const nameOf = (text) => Object.assign(document.createElement("bdi"), { textContent: text });

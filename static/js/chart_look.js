// How charts look: the library's options, the colours of the theme, and times. Bars of days are days of UTC, all others are
// told in the player's zone.

import { clock, day, dayAndClock, inUtc, minute, moment } from "./times.js";

const DAY_SECS = 86_400;
const DAY_MARKS = 3; // kinds of marks on the time axis: year, month and day are below
const SECOND_MARKS = 4;
const isCoarse = matchMedia("(pointer: coarse)").matches;

const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
export const shortNumber = (count) => short.format(count);

/** Return a bar's time in words, by how long a bar is. */
export function timeOfBar(secs, widthSecs) {
  const at = secs * 1000;
  if (widthSecs >= DAY_SECS) return inUtc(at).split(",")[0];
  return widthSecs < 60 ? dayAndClock(at) : moment(at);
}

/** Return the words of a mark on the time axis, of the library's kind. */
export function markOf(secs, kind, widthSecs) {
  const at = secs * 1000;
  if (widthSecs >= DAY_SECS) return inUtc(at).split(",")[0].replace(/ \d{4}$/, "");
  if (kind >= DAY_MARKS) return kind === SECOND_MARKS ? clock(at) : minute(at);
  // The library's days begin at midnight in UTC.
  return minute(at) === "00:00" ? day(at) : minute(at);
}

export const { fontFamily } = getComputedStyle(document.body);

/** Return the library's options; `widthSecs()` is how long a bar is. */
export const optionsFor = (widthSecs) => ({
  autoSize: true,
  layout: {
    background: { color: "transparent" },
    fontFamily,
    attributionLogo: false, // the credit below names it
    panes: { enableResize: false },
  },
  rightPriceScale: { borderVisible: false, minimumWidth: 64 },
  timeScale: {
    borderVisible: false,
    timeVisible: true,
    secondsVisible: true,
    rightOffset: 2,
    fixLeftEdge: true,
    maxBarSpacing: 28,
    tickMarkFormatter: (time, kind) => markOf(time, kind, widthSecs()),
  },
  localization: { timeFormatter: (time) => timeOfBar(time, widthSecs()) },
  // A finger that goes up or down scrolls the page, one that goes sideways the chart.
  handleScroll: { vertTouchDrag: false, horzTouchDrag: true, pressedMouseMove: true, mouseWheel: true },
  handleScale: { mouseWheel: true, pinch: true, axisPressedMouseMove: { time: true, price: !isCoarse } },
});

const TOKENS = ["ink-soft", "line", "up", "down", "biome", "beach", "ocean", "desert", "mountain", "accent", "ink"];

/** Return the tokens as they are now, in words that a canvas understands. */
export function coloursIn(box) {
  const probes = TOKENS.map((token) => {
    const probe = document.createElement("i");
    probe.style.color = `var(--${token})`;
    return probe;
  });
  box.append(...probes);
  const found = probes.map((probe) => getComputedStyle(probe).color.match(/[\d.]+/g));
  for (const probe of probes) probe.remove();
  const [softInk, line, up, down, biome, ...others] = found;
  const [first, second, third, vwap, cost, ink] = others.map((rgb) => colour(rgb));
  return {
    softInk: colour(softInk),
    line: colour(line, 0.6),
    up: colour(up),
    down: colour(down),
    upWash: colour(up, 0.35),
    downWash: colour(down, 0.35),
    biome: colour(biome),
    biomeWash: colour(biome, 0.25),
    biomeClear: colour(biome, 0),
    averages: [first, second, third],
    vwap,
    cost,
    ink,
  };
}

const colour = ([red, green, blue], opacity = 1) => `rgba(${red}, ${green}, ${blue}, ${opacity})`;

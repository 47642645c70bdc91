// The chart of what the player was worth: its newest point moves with the prices, and the pointer reads it.

import { onState } from "./stream.js";
import { bdt, direction, show, showChange } from "./numbers.js";
import { partText, toMicro, toText } from "./curve.js";
import { moment } from "./times.js";

const SIDE = 1000;
const NEWER_POINTS_MS = 60_000;
const OUT_OF_SCALE_MS = 5_000; // a new scale, at most so often

let points = []; // {secs, height, worth} of the line in micro-BDT, the last one now
let current = null; // {worth, gain} in micro-BDT
let refreshedAt = performance.now();
let isLive = false;

onState((state) => {
  isLive = state === "live";
});

/** Show what everything is worth now, and was gained ever, in micro-BDT. */
export function showWorth(worth, gain) {
  current = { worth, gain };
  const section = document.getElementById("worth");
  const [gainBefore, worthBefore] = [toMicro(section.dataset.gainBefore), toMicro(section.dataset.worthBefore)];
  const gained = gain - gainBefore;
  const came = worth - gain - (worthBefore - gainBefore); // money, and land given, less what went
  show(section.querySelector('[data-total="worth"] data'), toText(worth));
  showChange(section.querySelector('[data-total="gain"] data'), toText(gained));
  const percent = partText(gained, worthBefore + (came > 0n ? came : 0n));
  if (percent !== null) showPercent(section.querySelector('[data-total="gain-percent"] data'), percent);
  // What came or went since counts for the whole line.
  if (worth - gain !== toMicro(section.dataset.flows)) refresh(OUT_OF_SCALE_MS);
  const chart = section.querySelector(".chart");
  if (!chart) return;
  chart.dataset.direction = direction(Number(gained));
  drawEnd(chart, worth);
  caption(chart, came, worth - gain - toMicro(section.dataset.flows));
}

/** Show a gain or loss in percent. */
export function showPercent(element, text) {
  showChange(element, text, { unit: "%", format: (number) => `${bdt(number)} %` });
}

function drawEnd(chart, worth) {
  const [low, high] = [toMicro(chart.dataset.low), toMicro(chart.dataset.high)];
  if (worth < low || worth > high) refresh(OUT_OF_SCALE_MS);
  const inside = worth < low ? low : worth > high ? high : worth;
  const place = Number(((high - inside) * 10n * BigInt(SIDE)) / (high - low)) / 10;
  const line = chart.querySelector(".chart-line");
  line.begun ??= line.getAttribute("d").replace(/L[^L]*$/, "");
  const path = `${line.begun}L${SIDE} ${place}`;
  line.setAttribute("d", path);
  chart.querySelector(".chart-area").setAttribute("d", `${path}V${SIDE}H0Z`);
  chart.querySelector(".chart-dot").setAttribute("d", `M${SIDE} ${place}h0`);
  Object.assign(points.at(-1), { height: worth, worth });
}

/** Say where the line began, was lowest and highest, with what came since the range began, `newer` of it since the fetch. */
function caption(chart, came, newer) {
  const place = (name) => chart.querySelector(`[data-caption="${name}"]`);
  const now = points.at(-1).height;
  const before = points.slice(0, -1).map(({ height }) => height + newer);
  const lowest = before.reduce((low, height) => (height < low ? height : low), now);
  const highest = before.reduce((high, height) => (height > high ? height : high), now);
  const [began, least, most] = [before[0], lowest, highest].map((height) => bdt(toText(height)));
  place("levels").textContent = `It began at ${began} BDT; the lowest was ${least}, the highest ${most}.`;
  showChange(place("flows").querySelector("data"), toText(came));
  place("flows").hidden = points.every(({ worth }, index) => worth === (before[index] ?? now));
}

/** Fetch the chart again, unless that was done just now, or somebody is reading it. */
function refresh(leastMs) {
  const section = document.getElementById("worth");
  if (document.hidden || !isLive || performance.now() - refreshedAt < leastMs) return;
  if (section.querySelector("details[open], .chart-tip:not([hidden])")) return;
  refreshedAt = performance.now();
  htmx.trigger(section, "refresh");
}

function begin(section) {
  const told = document.getElementById("worth-points");
  points = (told ? JSON.parse(told.textContent) : []).map(pointOf);
  const plot = section.querySelector(".chart-plot");
  plot?.addEventListener("pointermove", ({ clientX }) => read(plot, clientX));
  plot?.addEventListener("pointerleave", () => leave(plot));
  if (current) showWorth(current.worth, current.gain);
}

const pointOf = ([secs, height, worth]) => ({ secs, height: toMicro(height), worth: toMicro(worth) });

function read(plot, clientX) {
  const box = plot.querySelector("svg").getBoundingClientRect();
  const [first, last] = [points[0].secs, points.at(-1).secs];
  const wanted = first + ((clientX - box.left) / box.width) * (last - first);
  const distance = ({ secs }) => Math.abs(secs - wanted);
  const nearest = points.reduce((best, point) => (distance(point) < distance(best) ? point : best));
  const part = (nearest.secs - first) / (last - first);
  plot.querySelector(".chart-cross").setAttribute("d", `M${part * SIDE} 0V${SIDE}`);
  const tip = plot.querySelector(".chart-tip");
  const [height, worth] = [nearest.height, nearest.worth].map((micro) => bdt(toText(micro)));
  const then = nearest.height === nearest.worth ? "" : ` (${worth} then)`;
  tip.textContent = `${height} BDT${then} · ${moment(nearest.secs * 1000)}`;
  tip.hidden = false;
  tip.style.setProperty("--part", part);
}

function leave(plot) {
  plot.querySelector(".chart-tip").hidden = true;
  plot.querySelector(".chart-cross").setAttribute("d", "");
}

document.addEventListener("htmx:load", ({ detail: { elt } }) => {
  if (elt.id === "worth") begin(elt);
});
begin(document.getElementById("worth"));
// Where no line has begun, its first point comes within a minute.
setInterval(() => refresh(points.length > 0 ? NEWER_POINTS_MS : OUT_OF_SCALE_MS), NEWER_POINTS_MS / 6);

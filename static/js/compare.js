// All prices on one chart, each in percent of what it was at the start of the range, and live.

import { markOf, timeOfBar } from "./chart_look.js";
import { onMarket } from "./markets.js";
import { percentPoints, showChange } from "./numbers.js";

const WIDTH_SECS = { "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400 };
const LONGEST_GAP_MS = 60_000;
const WIDE_PX = 3;
const THIN_PX = 2;

const section = document.getElementById("compare");
const box = document.getElementById("compare-chart");
const problem = document.getElementById("compare-problem");
const ranges = document.getElementById("compare-ranges");
const lines = new Map(); // of each biome: {item, button, figure, series, base, last}

let chart = null;
let zero = null; // the level line that all begin at
let asked = 0; // the newest range that was asked for
let isPointed = false;
let heardAtMs = 0;
let widthSecs = 0; // of the candles that are drawn

/** Draw the chart, the first time with its library; the range that is chosen. */
export async function open() {
  const mine = ++asked;
  const { dataset } = ranges.querySelector(":checked");
  box.setAttribute("aria-busy", "true");
  try {
    const library = await import(section.dataset.library);
    const came = await Promise.all([...items()].map((item) => candlesOf(item, dataset)));
    if (mine !== asked) return;
    chart ??= begin(library);
    widthSecs = WIDTH_SECS[dataset.interval];
    came.forEach(([biome, candles]) => draw(lines.get(biome), candles));
    chart.timeScale().fitContent();
    problem.hidden = true;
  } catch {
    if (mine === asked) problem.hidden = false;
  }
  if (mine === asked) box.removeAttribute("aria-busy");
}

const items = () => section.querySelectorAll(".compare-legend li");

async function candlesOf(item, { interval, candles }) {
  const reply = await fetch(`${item.dataset.candlesUrl}?interval=${interval}&limit=${candles}`);
  if (!reply.ok) throw new Error(reply.statusText);
  const { results } = await reply.json();
  return [item.dataset.biome, results];
}

function begin(library) {
  const made = library.createChart(box, OPTIONS);
  for (const item of items()) addLine(made, library, item);
  const [first] = lines.values();
  zero = first.series.createPriceLine({ price: 0, lineStyle: library.LineStyle.Dashed, lineWidth: 1, axisLabelVisible: false });
  made.subscribeCrosshairMove(({ time, seriesData }) => {
    isPointed = time !== undefined;
    for (const line of lines.values()) tell(line, isPointed ? seriesData.get(line.series)?.value : line.last);
  });
  paint(made);
  onMarket(({ biome, price }, { at }) => hear(lines.get(biome), Date.parse(at), Number(price)));
  const repaint = () => paint(made);
  document.documentElement.addEventListener("themechange", repaint);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  return made;
}

function addLine(made, library, item) {
  const button = item.querySelector("button");
  const series = made.addSeries(library.LineSeries, {
    lineWidth: THIN_PX,
    priceLineVisible: false,
    lastValueVisible: false,
    priceFormat: { type: "custom", minMove: 0.01, formatter: percentPoints },
  });
  lines.set(item.dataset.biome, { item, button, figure: item.querySelector("data"), series, base: null, last: null });
  button.addEventListener("click", () => {
    const isShown = button.ariaPressed !== "true";
    button.ariaPressed = String(isShown);
    series.applyOptions({ visible: isShown });
  });
  for (const [event, lineWidth] of [["pointerenter", WIDE_PX], ["pointerleave", THIN_PX], ["focus", WIDE_PX], ["blur", THIN_PX]]) {
    button.addEventListener(event, () => series.applyOptions({ lineWidth }));
  }
}

// From the price with which the range began, a candle's width before the first one ended.
function draw(line, candles) {
  const [first] = candles;
  line.base = first ? Number(first.open) : null;
  const points = candles.map(({ opened_at: at, close }) => ({ time: Date.parse(at) / 1000, value: percentOf(line, close) }));
  if (first) points.unshift({ time: points[0].time - widthSecs, value: 0 });
  line.series.setData(points);
  line.last = points.at(-1)?.value ?? null;
  line.lastTime = points.at(-1)?.time ?? 0;
  tell(line, line.last);
}

function hear(line, atMs, price) {
  // After a long silence the candles know better what was missed.
  if (heardAtMs && atMs - heardAtMs > LONGEST_GAP_MS) open();
  heardAtMs = atMs;
  if (line.base) follow(line, atMs / 1000, price);
}

function follow(line, atSecs, price) {
  const time = Math.floor(atSecs / widthSecs) * widthSecs;
  if (time < line.lastTime) return;
  line.last = percentOf(line, price);
  line.lastTime = time;
  line.series.update({ time, value: line.last });
  if (!isPointed) tell(line, line.last);
}

const percentOf = (line, price) => (price / line.base - 1) * 100;

function tell({ figure }, value) {
  if (value === null || value === undefined) return;
  showChange(figure, value.toFixed(6), { unit: "%", format: percentPoints });
}

// The tokens as they are now, in words that a canvas understands.
function paint(made) {
  const { color: ink, borderTopColor: line } = getComputedStyle(section.querySelector(".compare-chart"));
  made.applyOptions({ layout: { textColor: ink }, grid: { vertLines: { color: line }, horzLines: { color: line } } });
  zero.applyOptions({ color: ink });
  for (const { item, series } of lines.values()) {
    series.applyOptions({ color: getComputedStyle(item.querySelector(".compare-key")).color });
  }
}

const OPTIONS = {
  autoSize: true,
  layout: {
    background: { color: "transparent" },
    fontFamily: getComputedStyle(document.body).fontFamily,
    attributionLogo: false, // the credit below names it
  },
  rightPriceScale: { borderVisible: false, minimumWidth: 72 },
  timeScale: {
    borderVisible: false,
    timeVisible: true,
    tickMarkFormatter: (time, kind) => markOf(time, kind, widthSecs),
  },
  localization: { timeFormatter: (time) => timeOfBar(time, widthSecs) },
  // The page scrolls, whatever is below the finger or the wheel.
  handleScroll: { vertTouchDrag: false, mouseWheel: false },
  handleScale: { mouseWheel: false },
};

ranges.addEventListener("change", open);
problem.querySelector("button").addEventListener("click", open);

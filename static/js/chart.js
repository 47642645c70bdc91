// The market's chart: candles or a line, with volume, and attention below. `candles.js` has the numbers.

import { on } from "./stream.js";
import { Candles } from "./candles.js";
import { bdt, change, direction } from "./numbers.js";
import { sayNow } from "./announce.js";

const OLDER_WITHIN = 20; // bars left of the view
const SETTLE_EVERY_MS = 60_000;
const DRAW_WITHIN_MS = 500; // as often as cycles come: what trades do between them is drawn with the next
const STYLE_KEY = "chart-style";
const DAY_MARKS = 3; // kinds of marks on the time axis: year, month and day are below
const PRICE_PARTS = 4; // as high as the attention below
const EMPTY = "There are no prices yet: the first come with the first cycles.";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const dateFormat = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
const clock = dateFormat({ hour: "2-digit", minute: "2-digit" });
const day = dateFormat({ day: "numeric", month: "short" });
const dayAndClock = dateFormat({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** Draw a biome's chart in `box` with a library, over the range that is chosen, and keep it true. */
export async function openChart(box, biome) {
  const candles = new Candles(box.dataset.candlesUrl);
  const range = chosenRange();
  const [library, came] = await Promise.all([import(box.dataset.library), candles.open(range.dataset.interval)]);
  const chart = new Chart(library, box, candles);
  await nextTask();
  chart.show(range, came);
  followControls(chart, box);
  followStream(chart, biome);
}

// The browser sees to the player between two heavy steps.
const nextTask = () => new Promise((resolve) => setTimeout(resolve));
const ranges = document.getElementById("ranges");
const chosenRange = () => ranges.querySelector('[aria-current="true"]');

class Chart {
  #library;
  #box;
  #chart;
  #candles;
  #price;
  #volume;
  #attention;
  #watermark;
  #palette;
  #moved = null; // the bar that moved since it was drawn
  #drawing = 0;
  #pointed = null; // the place of the bar that the pointer or the keys are at
  #style = localStorage.getItem(STYLE_KEY) === "line" ? "line" : "candles";
  #legend = Object.fromEntries([...document.querySelectorAll("[data-legend]")].map((element) => [element.dataset.legend, element]));
  #summary = document.getElementById("chart-summary");
  #problem = document.getElementById("chart-problem");

  constructor(library, box, candles) {
    this.#library = library;
    this.#box = box;
    this.#candles = candles;
    this.#chart = library.createChart(box, OPTIONS);
    this.#addSeries();
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((view) => this.#lookBack(view));
    this.#chart.subscribeCrosshairMove(({ logical }) => this.#pointAt(logical));
  }

  get style() {
    return this.#style;
  }

  /** Candles, or a line. */
  set style(style) {
    this.#style = style;
    localStorage.setItem(STYLE_KEY, style);
    this.#chart.removeSeries(this.#price);
    this.#addPrice();
    this.paint();
  }

  /** Fetch the range that a link names, and show it. */
  async open(link) {
    this.#box.setAttribute("aria-busy", "true");
    const came = await this.#candles.open(link.dataset.interval);
    if (came === null) return;
    this.#box.removeAttribute("aria-busy");
    this.show(link, came);
  }

  /** Show the range that a link names, with its candles; or say that they did not come. */
  show({ dataset: { candles, title } }, came) {
    this.#box.dataset.state = "drawn";
    this.#problem.hidden = came;
    this.#pointed = null;
    this.#drawAll();
    if (!came) return;
    const { length } = this.#candles.bars;
    this.#chart.timeScale().setVisibleLogicalRange({ from: Math.max(length - Number(candles), 0), to: length + 1 });
    this.#summarise(this.#candles.bars.slice(-Number(candles)), title);
    this.#tell();
  }

  /** The price moved: shown with the next `drawMoved`, or a moment later. */
  move(at, price, news) {
    const bar = this.#candles.move(at, price, news);
    if (!bar) return;
    // A new one begins: the last word of the one before.
    if (this.#moved && this.#moved !== bar) this.drawMoved();
    this.#moved = bar;
    this.#drawing ||= setTimeout(() => this.drawMoved(), DRAW_WITHIN_MS);
  }

  /** Show at once how the price moved. */
  drawMoved() {
    clearTimeout(this.#drawing);
    this.#drawing = 0;
    const bar = this.#moved;
    this.#moved = null;
    if (!bar) return;
    this.#price.update(this.#priceOf(bar));
    this.#volume.update(this.#volumeOf(bar));
    this.#attention.update(attentionOf(bar));
    this.#tell();
  }

  /** Draw the newest candles again, as they are kept. */
  async settle() {
    if (!(await this.#candles.settle())) return;
    this.#drawAll();
    this.#tell();
  }

  /** Point at the next bar, so many steps away from the one that is pointed at, and say it. */
  step(steps) {
    const { bars } = this.#candles;
    const from = this.#pointed ?? bars.length;
    const place = Math.min(Math.max(from + steps, 0), bars.length - 1);
    const bar = bars[place];
    if (!bar) return;
    const scale = this.#chart.timeScale();
    const view = scale.getVisibleLogicalRange();
    const half = (view.to - view.from) / 2;
    if (place < view.from || place > view.to) scale.setVisibleLogicalRange({ from: place - half, to: place + half });
    this.#chart.setCrosshairPosition(bar.close, bar.time, this.#price);
    this.#pointAt(place);
    sayNow(`${dayAndClock.format(bar.time * 1000)}: close ${bdt(bar.close)}, high ${bdt(bar.high)}, low ${bdt(bar.low)} BDT`);
  }

  /** Point at no bar any more. */
  leave() {
    this.#chart.clearCrosshairPosition();
  }

  /** Take the theme's colours. */
  paint() {
    this.#colour();
    this.#drawAll();
  }

  #colour() {
    const { ink, line, up, down, biome, biomeWash, biomeClear } = (this.#palette = coloursIn(this.#box));
    this.#chart.applyOptions({
      layout: { textColor: ink, panes: { separatorColor: line } },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
    });
    this.#price.applyOptions(
      this.#style === "line"
        ? { lineColor: biome, topColor: biomeWash, bottomColor: biomeClear, lineWidth: 2 }
        : { upColor: up, wickUpColor: up, downColor: down, wickDownColor: down, borderVisible: false },
    );
    this.#attention.applyOptions({ color: biome });
    this.#watermark.applyOptions({ lines: [{ text: "Attention, points", color: ink, fontSize: 11, fontFamily }] });
  }

  #addSeries() {
    const { createTextWatermark, HistogramSeries } = this.#library;
    const quiet = { priceLineVisible: false, lastValueVisible: false };
    this.#volume = this.#chart.addSeries(HistogramSeries, { ...quiet, priceScaleId: "volume" });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    const points = { type: "custom", minMove: 1, formatter: (count) => short.format(count) };
    this.#attention = this.#chart.addSeries(HistogramSeries, { ...quiet, priceFormat: points }, 1);
    this.#addPrice();
    const [pricePane, attentionPane] = this.#chart.panes();
    pricePane.setStretchFactor(PRICE_PARTS);
    attentionPane.setStretchFactor(1);
    this.#watermark = createTextWatermark(attentionPane, { horzAlign: "left", vertAlign: "top" });
    this.#colour();
  }

  #addPrice() {
    const { AreaSeries, CandlestickSeries } = this.#library;
    this.#price = this.#chart.addSeries(this.#style === "line" ? AreaSeries : CandlestickSeries, {
      priceFormat: { type: "custom", minMove: 0.01, formatter: bdt },
    });
    this.#price.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.22 } });
  }

  #drawAll() {
    const { bars } = this.#candles;
    this.#moved = null;
    this.#price.setData(bars.map((bar) => this.#priceOf(bar)));
    this.#volume.setData(bars.map((bar) => this.#volumeOf(bar)));
    this.#attention.setData(bars.map(attentionOf));
  }

  #priceOf({ time, open, high, low, close }) {
    return this.#style === "line" ? { time, value: close } : { time, open, high, low, close };
  }

  #volumeOf({ time, open, close, volume }) {
    return { time, value: volume, color: close < open ? this.#palette.downWash : this.#palette.upWash };
  }

  #bar(place) {
    return this.#candles.bars.at(place);
  }

  async #lookBack(view) {
    if (!view || view.from > OLDER_WITHIN || !(await this.#candles.addOlder())) return;
    this.#pointed = null;
    this.#drawAll();
  }

  #pointAt(logical) {
    const place = this.#candles.bars[logical] ? logical : null;
    if (place === this.#pointed) return;
    this.#pointed = place;
    this.#tell();
  }

  // The bar that is pointed at, or the newest, in numbers.
  #tell() {
    const bar = this.#bar(this.#pointed ?? -1);
    if (!bar) return;
    const percent = (bar.close / bar.open - 1) * 100;
    write(this.#legend.time, dayAndClock.format(bar.time * 1000));
    for (const name of ["open", "high", "low", "close", "volume"]) write(this.#legend[name], bdt(bar[name]));
    write(this.#legend.attention, whole.format(bar.attention));
    write(this.#legend.change, `${change(percent)} %`);
    this.#legend.change.dataset.direction = direction(percent);
  }

  #summarise(bars, title) {
    if (bars.length === 0) {
      this.#summary.textContent = EMPTY;
      return;
    }
    const low = Math.min(...bars.map((bar) => bar.low));
    const high = Math.max(...bars.map((bar) => bar.high));
    this.#summary.textContent =
      `Over ${title} the price opened at ${bdt(bars[0].open)}, was ${bdt(low)} at the lowest and ${bdt(high)} at the` +
      ` highest, and came to ${bdt(bars.at(-1).close)} BDT a share.`;
  }
}

const { fontFamily } = getComputedStyle(document.body);
const OPTIONS = {
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
    rightOffset: 2,
    fixLeftEdge: true,
    maxBarSpacing: 28,
    tickMarkFormatter: (time, kind) => (kind < DAY_MARKS ? day : clock).format(time * 1000),
  },
  localization: { timeFormatter: (time) => `${dayAndClock.format(time * 1000)} UTC` },
  // The page scrolls, whatever is below the finger or the wheel.
  handleScroll: { vertTouchDrag: false, mouseWheel: false },
  handleScale: { mouseWheel: false },
};

// The tokens as they are now, in words that a canvas understands.
function coloursIn(box) {
  const tokens = ["ink-soft", "line", "up", "down", "biome"];
  const probes = tokens.map((token) => {
    const probe = document.createElement("i");
    probe.style.color = `var(--${token})`;
    return probe;
  });
  box.append(...probes);
  const [ink, line, up, down, biome] = probes.map((probe) => getComputedStyle(probe).color.match(/[\d.]+/g));
  for (const probe of probes) probe.remove();
  const colour = ([red, green, blue], opacity = 1) => `rgba(${red}, ${green}, ${blue}, ${opacity})`;
  return {
    ink: colour(ink),
    line: colour(line, 0.6),
    up: colour(up),
    down: colour(down),
    upWash: colour(up, 0.35),
    downWash: colour(down, 0.35),
    biome: colour(biome),
    biomeWash: colour(biome, 0.25),
    biomeClear: colour(biome, 0),
  };
}

const attentionOf = ({ time, attention }) => ({ time, value: attention });

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// --- What makes it move ----------------------------------------------------------------------------------------------

function followStream(chart, biome) {
  const ours = (one) => one.biome === biome;
  on("biome_market_update", ({ cycle_at: at, markets, redistributions }) => {
    const market = markets.find(ours);
    if (!market) return;
    chart.move(at, Number(market.price), { attention: redistributions.find(ours).attention_points });
    chart.drawMoved();
  });
  on("biome_trade", (trade) => {
    if (ours(trade)) chart.move(trade.at, Number(trade.price_after), { volume: Number(trade.traded) });
  });
  on("biome_market_snapshot", () => chart.settle());
  setInterval(() => {
    if (!document.hidden) chart.settle();
  }, SETTLE_EVERY_MS);
}

function followControls(chart, box) {
  ranges.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    chosenRange()?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    history.replaceState(history.state, "", link.href);
    chart.open(link);
  });

  document.querySelector("#chart-problem button").addEventListener("click", () => chart.open(chosenRange()));

  const styles = document.getElementById("styles");
  styles.hidden = false;
  styles.querySelector(`[value="${chart.style}"]`).checked = true;
  styles.addEventListener("change", ({ target }) => (chart.style = target.value));

  const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") chart.leave();
    if (!(event.key in steps)) return;
    event.preventDefault();
    chart.step(steps[event.key]);
  });

  document.documentElement.addEventListener("themechange", () => chart.paint());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.paint());
}

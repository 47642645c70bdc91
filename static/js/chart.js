// The market's chart: candles or a line, with volume, and attention below. `candles.js` has the numbers.

import { on } from "./stream.js";
import { Candles } from "./candles.js";
import { barsOf, choices, hasLines } from "./chart_choices.js";
import { chosenRange, followControls } from "./chart_controls.js";
import { Legend } from "./chart_legend.js";
import { coloursIn, fontFamily, optionsFor, shortNumber, timeOfBar } from "./chart_look.js";
import { Own } from "./chart_own.js";
import { bdt, percentPoints } from "./numbers.js";
import { sayNow } from "./announce.js";

const OLDER_WITHIN = 20; // bars left of the view
const LEAST_BARS = 300;
const SETTLE_EVERY_MS = 60_000;
const DRAW_WITHIN_MS = 500; // as often as cycles come: what trades do between them is drawn with the next
const PRICE_PARTS = 4; // as high as the attention below
const LEAST_SHOWN = 5; // bars, however near
const SCALES = { normal: 0, log: 1, percent: 0 }; // the library's own percents would have a base for each line

/** Draw a biome's chart in `box` with a library, over the range that is chosen, and keep it true. */
export async function openChart(box, biome) {
  const candles = new Candles(box.dataset.candlesUrl);
  const range = chosenRange();
  const [library, came] = await Promise.all([import(box.dataset.library), fetchBars(candles, range)]);
  const chart = new Chart(library, box, biome, candles);
  await nextTask();
  chart.show(range, came);
  followControls(chart, box);
  followStream(chart, biome);
}

// The browser sees to the player between two heavy steps.
const nextTask = () => new Promise((resolve) => setTimeout(resolve));

function fetchBars(candles, range) {
  const { interval, count } = barsOf(range);
  return candles.open(interval, Math.max(count, LEAST_BARS));
}

class Chart {
  #library;
  #box;
  #chart;
  #candles;
  #lines = null; // few look at any: they come when one is chosen
  #own;
  #legend = new Legend();
  #price;
  #volume;
  #attention;
  #watermark;
  #palette;
  #count = 0; // bars of the range
  #since = 0; // when it begins, in seconds
  #base = null; // the price there
  #moved = null; // the bar that moved since it was drawn
  #drawing = 0;
  #pointed = null; // the place of the bar that the pointer or the keys are at

  constructor(library, box, biome, candles) {
    this.#library = library;
    this.#box = box;
    this.#candles = candles;
    this.#chart = library.createChart(box, optionsFor(() => candles.widthSecs));
    this.#own = new Own(library, box, biome, () => this.#drawOwn());
    this.#addSeries();
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((view) => this.#lookBack(view));
    this.#chart.subscribeCrosshairMove(({ logical }) => this.#pointAt(logical));
    this.#loadLines();
  }

  /** Fetch the range that a link names, and show it. */
  async open(link) {
    this.#box.setAttribute("aria-busy", "true");
    const came = await fetchBars(this.#candles, link);
    if (came === null) return;
    this.#box.removeAttribute("aria-busy");
    this.show(link, came);
  }

  /** Show the range that a link names, with its candles; or say that they did not come. */
  show(link, came) {
    const { count, text } = barsOf(link);
    this.#box.dataset.state = "drawn";
    this.#pointed = null;
    this.#count = count;
    const shown = this.#candles.bars.slice(-count);
    this.#since = shown[0]?.time ?? 0;
    this.#base = shown[0]?.open ?? null;
    this.#drawAll();
    this.#legend.say(came, text);
    if (!came) return;
    this.reset();
    this.#legend.summarise(shown, link.dataset.title);
    this.#tell();
  }

  /** Look at the whole range again, and nothing else. */
  reset() {
    const { length } = this.#candles.bars;
    this.#chart.timeScale().setVisibleLogicalRange({ from: Math.max(length - this.#count, 0), to: length + 1 });
    this.#chart.priceScale("right").applyOptions({ autoScale: true });
  }

  /** Show so many times as many bars. */
  zoom(times) {
    const scale = this.#chart.timeScale();
    const { from, to } = scale.getVisibleLogicalRange();
    const middle = this.#pointed ?? to;
    const bars = Math.min(Math.max((to - from) * times, LEAST_SHOWN), this.#candles.bars.length + 1);
    const part = (middle - from) / (to - from);
    scale.setVisibleLogicalRange({ from: middle - bars * part, to: middle + bars * (1 - part) });
  }

  /** Draw again what a choice of that name changes. */
  change(name) {
    if (name === "bars") return void this.open(chosenRange());
    if (name === "style") {
      this.#chart.removeSeries(this.#price);
      this.#addPrice();
    }
    this.paint();
    this.#loadLines();
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
    if (bar === this.#candles.bars.at(-1)) this.#lines?.update(this.#candles.bars, this.#scaled);
    this.#drawOwn();
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
    const { bars, widthSecs } = this.#candles;
    const from = this.#pointed ?? bars.length;
    const place = Math.min(Math.max(from + steps, 0), bars.length - 1);
    const bar = bars[place];
    if (!bar) return;
    const scale = this.#chart.timeScale();
    const view = scale.getVisibleLogicalRange();
    const half = (view.to - view.from) / 2;
    if (place < view.from || place > view.to) scale.setVisibleLogicalRange({ from: place - half, to: place + half });
    this.#chart.setCrosshairPosition(this.#scaled(bar.close), bar.time, this.#price);
    this.#pointAt(place);
    const prices = `close ${bdt(bar.close)}, high ${bdt(bar.high)}, low ${bdt(bar.low)} BDT`;
    sayNow(`${timeOfBar(bar.time, widthSecs)}: ${prices}${this.#own.words(bar, widthSecs)}`);
  }

  /** Point at no bar any more. */
  leave() {
    this.#chart.clearCrosshairPosition();
  }

  /** Take the theme's colours, and what is chosen. */
  paint() {
    this.#colour();
    this.#drawAll();
  }

  async #loadLines() {
    if (this.#lines || !hasLines()) return;
    const { Lines } = await import("./chart_lines.js");
    this.#lines ??= new Lines(this.#library, this.#chart);
    this.#drawAll();
  }

  #colour() {
    const { softInk, line, up, down, biome, biomeWash, biomeClear } = (this.#palette = coloursIn(this.#box));
    this.#chart.applyOptions({
      layout: { textColor: softInk, panes: { separatorColor: line } },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
    });
    this.#price.applyOptions(
      choices.style === "line"
        ? { lineColor: biome, topColor: biomeWash, bottomColor: biomeClear, lineWidth: 2 }
        : { upColor: up, wickUpColor: up, downColor: down, wickDownColor: down, borderVisible: false },
    );
    this.#price.applyOptions({
      priceFormat: { type: "custom", minMove: 0.01, formatter: choices.scale === "percent" ? percentPoints : bdt },
    });
    this.#price.priceScale().applyOptions({ mode: SCALES[choices.scale] });
    this.#attention.applyOptions({ color: biome });
    this.#watermark.applyOptions({ lines: [{ text: "Attention, points", color: softInk, fontSize: 11, fontFamily }] });
  }

  #addSeries() {
    const { createTextWatermark, HistogramSeries } = this.#library;
    const quiet = { priceLineVisible: false, lastValueVisible: false };
    this.#volume = this.#chart.addSeries(HistogramSeries, { ...quiet, priceScaleId: "volume" });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    const points = { type: "custom", minMove: 1, formatter: shortNumber };
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
    this.#price = this.#chart.addSeries(choices.style === "line" ? AreaSeries : CandlestickSeries);
    this.#price.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.22 } });
    this.#own.attach(this.#price);
  }

  #drawAll() {
    const { bars } = this.#candles;
    this.#moved = null;
    this.#price.setData(bars.map((bar) => this.#priceOf(bar)));
    this.#volume.setData(bars.map((bar) => this.#volumeOf(bar)));
    this.#attention.setData(bars.map(attentionOf));
    this.#lines?.draw(bars, { palette: this.#palette, since: this.#since, scaled: this.#scaled });
    this.#drawOwn();
  }

  #drawOwn() {
    const { bars, widthSecs } = this.#candles;
    this.#own.draw(bars, { widthSecs, palette: this.#palette, scaled: this.#scaled });
  }

  // A price on the scale that is chosen: percents count from where the range begins.
  #scaled = (price) => (choices.scale === "percent" && this.#base ? (price / this.#base - 1) * 100 : price);

  #priceOf({ time, open, high, low, close }) {
    const [first, top, bottom, value] = [open, high, low, close].map(this.#scaled);
    return choices.style === "line" ? { time, value } : { time, open: first, high: top, low: bottom, close: value };
  }

  #volumeOf({ time, open, close, volume }) {
    return { time, value: volume, color: close < open ? this.#palette.downWash : this.#palette.upWash };
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
    const { bars, widthSecs } = this.#candles;
    const place = this.#pointed ?? -1;
    const bar = bars.at(place);
    if (!bar) return;
    this.#legend.tell(bar, timeOfBar(bar.time, widthSecs));
    this.#lines?.tell(bars, place);
  }
}

const attentionOf = ({ time, attention }) => ({ time, value: attention });

function followStream(chart, biome) {
  const ours = (one) => one.biome === biome;
  on("biome_market_update", ({ cycle_at: at, markets, redistributions }) => {
    const market = markets.find(ours);
    if (!market) return;
    chart.move(at, Number(market.price), { attention: redistributions.find(ours).attention_points });
    chart.drawMoved();
  });
  on("biome_trade", (trade) => {
    if (ours(trade)) chart.move(trade.at, Number(trade.price_after), { volume: Number(trade.amount) });
  });
  on("biome_market_snapshot", () => chart.settle());
  setInterval(() => {
    if (!document.hidden) chart.settle();
  }, SETTLE_EVERY_MS);
}

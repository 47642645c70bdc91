// What of the chart is the player's own: the trades, as marks at their bars, and the average cost, as a line; and where
// the price is heading. Other levels, such as resting orders, would be lines of `#levels` too.

import { choices } from "./chart_choices.js";
import { shares } from "./numbers.js";
import { on } from "./stream.js";

const MOST_TRADES = 500;
const [DOTTED, DASHED] = [1, 2]; // the library's styles of lines

export class Own {
  #library;
  #box;
  #biome;
  #changed;
  #trades = new Map(); // by number
  #cost; // BDT a share, null where none are held
  #heading = null;
  #series = null;
  #marks = null;
  #lines = new Map(); // what is drawn, by name

  /** `changed()` is called when there is something new to draw. */
  constructor(library, box, biome, changed) {
    this.#library = library;
    this.#box = box;
    this.#biome = biome;
    this.#changed = changed;
    this.#cost = Number(box.dataset.averageCost) || null;
    this.#follow();
  }

  /** Take what belongs on a price's series: it lost all of it when it was made anew. */
  attach(series) {
    this.#series = series;
    this.#marks = this.#library.createSeriesMarkers(series, []);
    this.#lines.clear();
  }

  /** Draw all that is chosen over bars of a width; `scaled` puts a price on the scale. */
  draw(bars, { widthSecs, palette, scaled }) {
    this.#marks.setMarkers(choices.trades ? this.#marksOver(bars, widthSecs, palette) : []);
    for (const level of this.#levels(palette)) this.#drawLevel(level, scaled);
  }

  /** Return what the player did within a bar, in words; nothing where that is nothing. */
  words({ time }, widthSecs) {
    const within = [...this.#trades.values()].filter(({ at }) => at >= time && at < time + widthSecs);
    return within.map(({ side, count }) => `, you ${side === "buy" ? "bought" : "sold"} ${shares(count)}`).join("");
  }

  #levels({ cost, softInk }) {
    return [
      { name: "cost", title: "Cost", price: choices.cost ? this.#cost : null, color: cost, lineStyle: DASHED },
      { name: "heading", title: "Heading", price: choices.heading ? this.#heading : null, color: softInk, lineStyle: DOTTED },
    ];
  }

  #drawLevel({ name, price, ...look }, scaled) {
    const line = this.#lines.get(name);
    if (price === null) {
      if (line) this.#series.removePriceLine(line);
      this.#lines.delete(name);
      return;
    }
    const options = { ...look, price: scaled(price), lineWidth: 1, axisLabelVisible: true };
    if (line) line.applyOptions(options);
    else this.#lines.set(name, this.#series.createPriceLine(options));
  }

  #marksOver(bars, widthSecs, { up, down }) {
    const marks = new Map();
    for (const { at, side } of this.#trades.values()) {
      const time = Math.floor(at / widthSecs) * widthSecs;
      const mark = marks.get(`${time} ${side}`) ?? { time, side, count: 0 };
      marks.set(`${time} ${side}`, { ...mark, count: mark.count + 1 });
    }
    const times = new Set(bars.map(({ time }) => time));
    const shown = [...marks.values()].filter(({ time }) => times.has(time)).sort((one, other) => one.time - other.time);
    return shown.map(({ time, side, count }) => {
      const text = `${side === "buy" ? "B" : "S"}${count > 1 ? count : ""}`;
      return side === "buy"
        ? { time, text, color: up, shape: "arrowUp", position: "belowBar" }
        : { time, text, color: down, shape: "arrowDown", position: "aboveBar" };
    });
  }

  #take({ id, at, side, shares: count }) {
    this.#trades.set(id, { at: Date.parse(at) / 1000, side, count });
  }

  async #fetchTrades() {
    const { tradesUrl } = this.#box.dataset;
    if (!tradesUrl) return;
    const reply = await fetch(`${tradesUrl}?biome=${this.#biome}&limit=${MOST_TRADES}`).catch(() => null);
    if (!reply?.ok) return;
    for (const trade of (await reply.json()).results) this.#take(trade);
    this.#changed();
  }

  #follow() {
    const ours = (one) => one?.biome === this.#biome;
    // Whatever happened since the page was made, or was missed: each snapshot comes after such a gap.
    on("biome_market_snapshot", () => this.#fetchTrades());
    this.#fetchTrades();
    on("transaction", ({ transaction }) => {
      if (!ours(transaction) || !transaction.side) return;
      this.#take(transaction);
      this.#changed();
    });
    on("portfolio_update", ({ holding }) => {
      if (!ours(holding)) return;
      this.#cost = Number(holding.shares) > 0 ? Number(holding.average_cost) : null;
      this.#changed();
    });
    on("biome_market_update", ({ markets }) => {
      this.#heading = Number(markets.find(ours)?.heading_price) || null;
    });
  }
}

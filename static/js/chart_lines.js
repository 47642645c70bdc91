// The lines over the chart's bars: moving averages and the average price of all that was traded.

import { choices } from "./chart_choices.js";
import { exponentialAverage, simpleAverage, volumeWeighted } from "./indicators.js";
import { bdt } from "./numbers.js";

const AVERAGE = { MA: simpleAverage, EMA: exponentialAverage };
const key = document.getElementById("chart-key");

export class Lines {
  #library;
  #chart;
  #drawn = []; // {series, compute, name}

  constructor(library, chart) {
    this.#library = library;
    this.#chart = chart;
  }

  /** Draw what is chosen over bars, in a palette; `since` is when the range begins, `scaled` puts a price on the scale. */
  draw(bars, { palette, since, scaled }) {
    for (const { series } of this.#drawn) this.#chart.removeSeries(series);
    this.#drawn = chosenLines(palette, since).map(({ color, ...line }) => ({ ...line, series: this.#addLine(color) }));
    for (const { series, compute } of this.#drawn) {
      const values = compute(bars);
      series.setData(bars.map(({ time }, place) => pointOf(time, values[place], scaled)));
    }
    this.tell(bars, -1);
  }

  /** Move the ends of the lines with the newest bar. */
  update(bars, scaled) {
    const { time } = bars.at(-1);
    for (const { series, compute } of this.#drawn) series.update(pointOf(time, compute(bars).at(-1), scaled));
  }

  /** Write what the lines are at a bar. */
  tell(bars, place) {
    if (this.#drawn.length === 0 && key.childElementCount === 0) return;
    key.replaceChildren(
      ...this.#drawn.map(({ name, compute, slot }) => {
        const value = compute(bars).at(place);
        const words = document.createElement("span");
        words.dataset.line = slot;
        words.textContent = `${name} ${value === null || value === undefined ? "–" : bdt(value)}`;
        return words;
      }),
    );
  }

  #addLine(color) {
    return this.#chart.addSeries(this.#library.LineSeries, {
      color,
      lineWidth: 2,
      priceLineVisible: false,
      lastValueVisible: false,
      crosshairMarkerVisible: false,
    });
  }
}

function chosenLines(palette, since) {
  const lines = choices.averages.flatMap(({ on, kind, period }, slot) =>
    on
      ? [{ name: `${kind} ${period}`, slot, color: palette.averages[slot], compute: (bars) => AVERAGE[kind](bars, period) }]
      : [],
  );
  if (choices.vwap) {
    lines.push({ name: "VWAP", slot: "vwap", color: palette.vwap, compute: (bars) => volumeWeighted(bars, since) });
  }
  return lines;
}

const pointOf = (time, value, scaled) => (value === null || value === undefined ? { time } : { time, value: scaled(value) });

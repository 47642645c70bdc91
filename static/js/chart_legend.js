// What the chart says in words and numbers: of one bar, of the range that is shown, and when nothing could be had.

import { bdt, change, direction } from "./numbers.js";

const EMPTY = "There are no prices yet: the first come with the first cycles.";
const PRICES = ["open", "high", "low", "close", "volume"];
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const places = [...document.querySelectorAll("[data-legend]")].map((element) => [element.dataset.legend, element]);

export class Legend {
  #legend = Object.fromEntries(places);
  #summary = document.getElementById("chart-summary");
  #bars = document.getElementById("chart-bars");
  #problem = document.getElementById("chart-problem");

  /** Say in which bars the range is drawn; or, where they did not come, that. */
  say(came, text) {
    this.#problem.hidden = came;
    write(this.#bars, text);
  }

  /** Tell a bar in numbers. */
  tell(bar, time) {
    const percent = (bar.close / bar.open - 1) * 100;
    write(this.#legend.time, time);
    for (const name of PRICES) write(this.#legend[name], bdt(bar[name]));
    write(this.#legend.attention, whole.format(bar.attention));
    write(this.#legend.change, `${change(percent)} %`);
    this.#legend.change.dataset.direction = direction(percent);
  }

  /** Tell the bars of a range in a sentence, for those who hear the page. */
  summarise(bars, title) {
    if (bars.length === 0) return write(this.#summary, EMPTY);
    const low = Math.min(...bars.map((bar) => bar.low));
    const high = Math.max(...bars.map((bar) => bar.high));
    write(
      this.#summary,
      `Over ${title} the price opened at ${bdt(bars[0].open)}, was ${bdt(low)} at the lowest and ${bdt(high)} at the` +
        ` highest, and came to ${bdt(bars.at(-1).close)} BDT a share.`,
    );
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

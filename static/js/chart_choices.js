// What a player chose of the chart, kept in this browser: the range in a cookie, for the server draws it first.

const KEY = "chart";
const RANGE_COOKIE = "chart_range";
const YEAR_SECS = 31_536_000;
const MOST_BARS = 500; // as many as come in one answer
const DEFAULTS = {
  style: "candles",
  bars: "auto",
  scale: "normal",
  averages: [
    { on: false, kind: "MA", period: 7 },
    { on: false, kind: "MA", period: 25 },
    { on: false, kind: "EMA", period: 99 },
  ],
  vwap: false,
  trades: true,
  cost: true,
  heading: true,
};

export const choices = { ...DEFAULTS, ...kept() };

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY)) ?? {};
    return Array.isArray(found.averages) && found.averages.length === DEFAULTS.averages.length ? found : {};
  } catch {
    return {}; // Nothing that was written here.
  }
}

/** Return whether any line is chosen. */
export const hasLines = () => choices.vwap || choices.averages.some(({ on }) => on);

const tools = document.getElementById("chart-tools");
const field = (name) => tools.querySelector(`[name="${name}"]`);
const bars = field("bars");

/** Show the choices in their controls, and call `changed(name)` for each that is made. */
export function followChoices(changed) {
  fill();
  tools.dataset.ready = "";
  tools.addEventListener("change", ({ target }) => {
    if (!target.checkValidity()) return;
    read();
    localStorage.setItem(KEY, JSON.stringify(choices));
    changed(target.name);
  });
}

function fill() {
  for (const name of ["style", "scale"]) {
    const radio = tools.querySelector(`[name="${name}"][value="${choices[name]}"]`);
    if (radio) radio.checked = true;
  }
  bars.value = choices.bars;
  for (const name of ["vwap", "trades", "cost", "heading"]) if (field(name)) field(name).checked = choices[name];
  choices.averages.forEach(({ on, kind, period }, place) => {
    field(`average-${place}`).checked = on;
    field(`kind-${place}`).value = kind;
    field(`period-${place}`).value = period;
  });
}

function read() {
  for (const name of ["style", "scale"]) choices[name] = tools.querySelector(`[name="${name}"]:checked`).value;
  choices.bars = bars.value;
  for (const name of ["vwap", "trades", "cost", "heading"]) if (field(name)) choices[name] = field(name).checked;
  choices.averages = choices.averages.map((_, place) => ({
    on: field(`average-${place}`).checked,
    kind: field(`kind-${place}`).value,
    period: Number(field(`period-${place}`).value),
  }));
}

/** Remember the range for the next page. */
export function keepRange(key) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${RANGE_COOKIE}=${key}; Path=/biome-market/; Max-Age=${YEAR_SECS}; SameSite=Lax${secure}`;
}

/** Return {interval, count, text} of the bars that a range is shown in: those that were chosen, where they fit it. */
export function barsOf(range) {
  const own = { interval: range.dataset.interval, count: Number(range.dataset.candles), text: range.dataset.bars };
  const spanSecs = Number(range.dataset.span);
  for (const option of bars.options) {
    const count = Math.ceil(spanSecs / Number(option.dataset.width));
    option.disabled = option.value !== "auto" && (count > MOST_BARS || count < 2);
  }
  const chosen = [...bars.options].find(({ value, disabled }) => value === choices.bars && !disabled);
  bars.value = chosen?.value ?? "auto";
  if (bars.value === "auto") return own;
  const { width, title } = chosen.dataset;
  return { interval: chosen.value, count: Math.ceil(spanSecs / Number(width)), text: `Bars of ${title}` };
}

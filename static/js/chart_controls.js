// What makes the chart show something else: its ranges and tools, the keys, the theme, and the whole screen.

import { followChoices, keepRange } from "./chart_choices.js";

const ranges = document.getElementById("ranges");
const card = ranges.closest(".market-chart");
const menu = document.getElementById("chart-menu");
const screenButton = document.getElementById("full-screen");

const ZOOM = 1.4;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };

/** Return the link of the range that is chosen. */
export const chosenRange = () => ranges.querySelector('[aria-current="true"]');

/** Let ranges, tools, keys and the theme change a chart that is drawn in `box`. */
export function followControls(chart, box) {
  ranges.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    chosenRange()?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    keepRange(link.dataset.range);
    history.replaceState(history.state, "", link.href);
    chart.open(link);
  });
  document.querySelector("#chart-problem button").addEventListener("click", () => chart.open(chosenRange()));
  followChoices((name) => chart.change(name));
  followMenu();
  followKeys(chart, box);
  followScreen();
  box.addEventListener("dblclick", () => chart.reset());
  document.documentElement.addEventListener("themechange", () => chart.paint());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.paint());
}

function followKeys(chart, box) {
  const acts = {
    "+": () => chart.zoom(1 / ZOOM),
    "=": () => chart.zoom(1 / ZOOM),
    "-": () => chart.zoom(ZOOM),
    0: () => chart.reset(),
    Escape: () => chart.leave(),
  };
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    if (!(key in STEPS) && !(key in acts)) return;
    if (key !== "Escape") event.preventDefault();
    if (key in STEPS) chart.step(STEPS[key]);
    else acts[key]();
  });
}

// It closes as menus do: by Escape, and by a press anywhere else.
function followMenu() {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", ({ target }) => {
    if (!menu.contains(target)) menu.open = false;
  });
}

function followScreen() {
  const isFull = () => document.fullscreenElement === card || card.hasAttribute("data-full");
  const show = () => screenButton.setAttribute("aria-pressed", String(isFull()));
  // Some phones give no element the screen: there it takes the window.
  const fill = (isOn) => {
    card.toggleAttribute("data-full", isOn);
    show();
  };
  screenButton.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (isFull()) fill(false);
    else if (card.requestFullscreen) card.requestFullscreen().catch(() => fill(true));
    else fill(true);
  });
  document.addEventListener("fullscreenchange", show);
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && card.hasAttribute("data-full")) fill(false);
  });
}

// Where the pool of each cycle goes: above what each market paid in, below what it got back, a ribbon from one to the
// other, drawn as markets/pool.py draws it. From cycle to cycle it glides, shortly, and only where motion is wanted.

import { compact, direction, show } from "./numbers.js";
import { isMotionReduced } from "./motion.js";

const GLIDE_MS = 200;
const FRAME_MS = 30; // half of all frames will do
const LEAST_MARKED_PERCENT = 5;

const section = document.getElementById("pool");
const poolPart = Number(section.dataset.poolPercent) / 100;
const pooled = document.getElementById("pooled");
const moved = document.getElementById("moved");
const flows = [...section.querySelectorAll(".flow")].map((element) => ({
  element,
  ribbon: element.querySelector(".ribbon"),
  paid: element.querySelector(".paid"),
  got: element.querySelector(".got"),
  mark: element.querySelector(".flow-mark"),
  figures: element.querySelector(".flow-figures"),
  added: element.querySelector('[data-flow="added"]'),
}));

let shown = null; // of each flow: {paid, got}, each [left, width] in percent
let frame = 0;
let isInView = true;

new IntersectionObserver(([entry]) => (isInView = entry.isIntersecting)).observe(section);

/** Draw a cycle, as `biome_market_update` tells of it. */
export function drawCycle({ markets, redistributions, reason }) {
  const paid = markets.map(({ cash }, index) => cash - redistributions[index].amount_added_bdt);
  const got = reason === "redistributed" ? redistributions.map((told) => Number(told.new_attention_weight)) : paid;
  const gains = redistributions.map((told) => Math.max(0, told.amount_added_bdt));
  show(pooled, (sum(paid) * poolPart).toFixed(6));
  show(moved, sum(gains).toFixed(6));
  redistributions.forEach((told, index) => tellAdded(flows[index].added, told.amount_added_bdt));
  const paidParts = partsOf(paid);
  const gotParts = partsOf(got);
  glideTo(flows.map((_, index) => ({ paid: paidParts[index], got: gotParts[index] })));
}

const sum = (numbers) => numbers.reduce((whole, number) => whole + number, 0);

function tellAdded(element, text) {
  element.textContent = compact(text);
  element.dataset.direction = direction(Number(text));
}

function partsOf(amounts) {
  const whole = sum(amounts) / 100;
  let left = 0;
  return amounts.map((amount) => {
    const part = [left, amount / whole];
    left += part[1];
    return part;
  });
}

function glideTo(next) {
  cancelAnimationFrame(frame);
  if (document.hidden || !isInView) {
    shown = null; // what is not seen need not be drawn; the next time it is there at once
    return;
  }
  place(next);
  if (!shown || isMotionReduced()) return draw(next);
  const before = shown;
  const startedAt = performance.now();
  let drawnAt = startedAt;
  const step = (at) => {
    const done = Math.min(1, (at - startedAt) / GLIDE_MS);
    if (at - drawnAt >= FRAME_MS || done === 1) {
      drawnAt = at;
      draw(next.map((flow, index) => between(before[index], flow, 1 - (1 - done) ** 3)));
    }
    if (done < 1) frame = requestAnimationFrame(step);
  };
  frame = requestAnimationFrame(step);
}

const between = (before, after, part) => ({
  paid: after.paid.map((value, index) => before.paid[index] + (value - before.paid[index]) * part),
  got: after.got.map((value, index) => before.got[index] + (value - before.got[index]) * part),
});

function draw(next) {
  shown = next;
  next.forEach(({ paid, got }, index) => {
    const flow = flows[index];
    stretch(flow.paid, paid);
    stretch(flow.got, got);
    flow.ribbon.setAttribute("d", ribbon(paid, got));
  });
}

/** Marks and figures go where they belong at once: text is what takes a browser longest. */
function place(next) {
  next.forEach(({ paid, got }, index) => {
    const flow = flows[index];
    flow.mark.setAttribute("x", `${((middle(paid) + middle(got)) / 2).toFixed(2)}%`);
    flow.figures.setAttribute("x", `${middle(got).toFixed(2)}%`);
    flow.element.toggleAttribute("data-narrow", Math.min(paid[1], got[1]) < LEAST_MARKED_PERCENT);
  });
}

const middle = ([left, width]) => left + width / 2;

function stretch(rect, [left, width]) {
  rect.setAttribute("x", `${left.toFixed(2)}%`);
  rect.setAttribute("width", `${width.toFixed(2)}%`);
}

function ribbon(paid, got) {
  const [a, b] = [paid[0], paid[0] + paid[1]].map((edge) => edge.toFixed(2));
  const [c, d] = [got[0], got[0] + got[1]].map((edge) => edge.toFixed(2));
  return `M${a} 0H${b}C${b} 50 ${d} 50 ${d} 100H${c}C${c} 50 ${a} 50 ${a} 0Z`;
}

// Where the pool of each cycle goes: above what each market gave, below what it got back after the clamp, a ribbon from one
// to the other, drawn as markets/redistribution/pool.py draws it. From cycle to cycle it glides, shortly, and only where motion is wanted.

import { toMicro, toText } from "./curve.js";
import { bdt, compact, direction, show } from "./numbers.js";
import { isMotionReduced } from "./motion.js";

const GLIDE_MS = 200;
const FRAME_MS = 30; // half of all frames will do
const LEAST_MARKED_PERCENT = 5;

const section = document.getElementById("pool");
const BPS_WHOLE = 10_000n;
const poolBps = BigInt(Math.round(Number(section.dataset.poolPercent) * 100));
const clamp = document.getElementById("clamp");
const pooled = document.getElementById("pooled");
const moved = document.getElementById("moved");
const flows = [...section.querySelectorAll(".flow")].map((element) => ({
  element,
  title: element.querySelector("title"),
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
  const added = redistributions.map((told) => toMicro(told.amount_added_bdt));
  const paid = markets.map(({ cash }, index) => ((toMicro(cash) - added[index]) * poolBps) / BPS_WHOLE);
  const got = paid.map((amount, index) => amount + added[index]);
  show(pooled, toText(sum(paid)));
  show(moved, toText(sum(added.filter((amount) => amount > 0n))));
  tellClamp(reason === "redistributed" && isClamped(redistributions, paid, got));
  redistributions.forEach((told, index) => tellFlow(flows[index], told, toText(paid[index]), toText(got[index])));
  const paidParts = partsOf(paid.map(Number));
  const gotParts = partsOf(got.map(Number));
  glideTo(flows.map((_, index) => ({ paid: paidParts[index], got: gotParts[index] })));
}

const sum = (amounts) => amounts.reduce((whole, amount) => whole + amount, 0n);

/** Whether any market got another amount than its share of attention, whose last unit may be rounded. */
function isClamped(redistributions, paid, got) {
  const points = redistributions.map((told) => BigInt(told.attention_points));
  const [wholePool, wholePoints] = [sum(paid), sum(points)];
  if (wholePoints === 0n) return false;
  return got.some((amount, index) => {
    const beyond = amount - (wholePool * points[index]) / wholePoints;
    return beyond < 0n || beyond > 1n;
  });
}

function tellClamp(isOn) {
  const words = isOn
    ? `Clamped: no market may move by more than ${Number(section.dataset.maxMovePercent)} % a cycle.`
    : "Nothing was clamped: each got what its attention asked for.";
  if (clamp.textContent !== words) clamp.textContent = words;
}

function tellFlow({ element, title, added }, { biome, amount_added_bdt: change }, paid, got) {
  element.dataset.paid = paid;
  element.dataset.got = got;
  title.textContent = `${biome[0].toUpperCase()}${biome.slice(1)}: gave ${bdt(paid)} BDT, got back ${bdt(got)} BDT`;
  added.textContent = compact(change);
  added.dataset.direction = direction(Number(change));
}

function partsOf(amounts) {
  const whole = amounts.reduce((all, amount) => all + amount, 0) / 100 || 1;
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

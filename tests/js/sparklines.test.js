import assert from "node:assert/strict";
import { before, test } from "node:test";

import { casesOf } from "./cases.js";

const PARTS = ["base", "area", "line", "end"];
const frames = [];
let extend;

before(async () => {
  globalThis.requestAnimationFrame = (draw) => frames.push(draw);
  ({ extend } = await import("../../static/js/sparklines.js"));
});

/** Return an element of SVG with attributes alone. */
function element(children = []) {
  const attributes = {};
  return {
    children,
    attributes,
    dataset: {},
    isConnected: true,
    getAttribute: (name) => attributes[name] ?? null,
    setAttribute: (name, value) => (attributes[name] = value),
  };
}

function lineOf(points) {
  const svg = element(PARTS.map(() => element()));
  svg.dataset.points = points;
  return svg;
}

const paths = (svg) => Object.fromEntries(PARTS.map((part, place) => [part, svg.children[place].attributes.d]));
const draw = () => frames.splice(0).forEach((frame) => frame());

test("draws a line with a newer price as the server does", () => {
  for (const { points, drawn, range } of casesOf("sparklines.json")) {
    const earlier = points.split(" ");
    const [atSecs, price] = earlier.pop().split(",").map(Number);
    const svg = lineOf(earlier.join(" "));
    extend(svg, atSecs, price);
    draw();
    assert.deepEqual(paths(svg), drawn);
    assert.equal(svg.attributes["aria-label"], `Between ${range[0]} and ${range[1]} BDT`);
  }
});

test("draws once a frame, however many prices came", () => {
  const svg = lineOf("0,100.0000 60,101.0000");
  for (const price of [102, 103, 104]) extend(svg, 120 + price, price);
  assert.equal(frames.length, 1);
  draw();
});

test("keeps one point a minute, and none that is older than an hour but for one", () => {
  const [inSteps, atOnce] = [lineOf("0,100.0000 60,101.0000 3600,103.0000"), lineOf("60,101.0000 3600,103.0000 3660,105.0000")];
  extend(inSteps, 3660, 104);
  extend(inSteps, 3661, 105);
  extend(atOnce, 3661, 105);
  draw();
  assert.deepEqual(paths(inSteps), paths(atOnce));
});

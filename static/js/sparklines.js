// The last hour of a price as a small line, drawn as markets/history/sparklines.py draws it, and kept up as time goes on.

const HOUR_SECS = 3600;
const MINUTE_SECS = 60;
const WIDTH = 120;
const HEIGHT = 32;
const MARGIN = 3;
const LEAST_SPAN = 0.005;

const kept = new WeakMap();
const waiting = new Set();

/** Take a newer price into a line: its end moves with the time, and leaves a point each full minute. */
export function extend(svg, atSecs, price) {
  const points = pointsOf(svg);
  if (isSameMinute(points.at(-1)[0], atSecs) && points.length > 1) points.pop();
  points.push([atSecs, price]);
  while (points[1][0] <= atSecs - HOUR_SECS) points.shift();
  // Once a frame: after a cut, hundreds of prices come at once; and not while nobody looks.
  if (waiting.size === 0) requestAnimationFrame(drawWaiting);
  waiting.add(svg);
}

function drawWaiting() {
  for (const svg of waiting) if (svg.isConnected) draw(svg, pointsOf(svg));
  waiting.clear();
}

function pointsOf(svg) {
  if (!kept.has(svg)) kept.set(svg, svg.dataset.points.split(" ").map((point) => point.split(",").map(Number)));
  return kept.get(svg);
}

const isSameMinute = (one, other) => Math.floor(one / MINUTE_SECS) === Math.floor(other / MINUTE_SECS);

function draw(svg, points) {
  const prices = points.map(([, price]) => price);
  const low = Math.min(...prices);
  const high = Math.max(...prices);
  const span = Math.max(high - low, high * LEAST_SPAN);
  const top = (high + low + span) / 2;
  const endsSecs = points.at(-1)[0];
  const x = ([atSecs]) => (WIDTH * Math.max(0, 1 - (endsSecs - atSecs) / HOUR_SECS)).toFixed(1);
  const y = ([, price]) => (MARGIN + ((HEIGHT - 2 * MARGIN) * (top - price)) / span).toFixed(1);
  const places = points.map((point) => `${x(point)} ${y(point)}`);
  const [base, area, line, end] = svg.children;
  base.setAttribute("d", `M0 ${y(points[0])}H${WIDTH}`);
  area.setAttribute("d", `M${x(points[0])} ${HEIGHT}L${places.join("L")}L${x(points.at(-1))} ${HEIGHT}Z`);
  line.setAttribute("d", `M${places.join("L")}`);
  end.setAttribute("d", `M${places.at(-1)}h0`);
  const label = `Between ${low.toFixed(2)} and ${high.toFixed(2)} BDT`;
  if (svg.getAttribute("aria-label") !== label) svg.setAttribute("aria-label", label);
}

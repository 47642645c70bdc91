// The map: the terrain is drawn once, a pixel a parcel, and from then on only moved and scaled.

import { bdt, nameOf } from "./numbers.js";
import { on, onJoin, subscribe } from "./stream.js";

const MARKS_FROM_PX = 6; // a parcel narrower than this is tinted, a wider one has a frame or a dot
const LARGEST_PX = 64;
const ZOOM_STEP = 1.5;
const CLICK_WITHIN_PX = 5;
const REFRESH_MS = 2000;
const LAYER_MS = 5000; // a layer, and what is said of the parcel pointed at, are read again
const REST_MS = 120; // who only passes over a parcel asks nothing of it
const GRID_FROM_PX = 12;
const AGAIN_MS = 10_000;

const map = document.getElementById("map");
const canvas = map.querySelector("canvas");
const place = document.getElementById("map-place");
const pen = canvas.getContext("2d");
const side = Number(map.dataset.side);
let own = ownIn(document);
const swatches = [...document.querySelectorAll(".map-swatch[data-index]")];
const names = swatches.map((swatch) => swatch.parentElement.textContent.trim());

let terrain = null; // a byte a parcel
let marks = null; // a bit a parcel: owned, then for sale
let layer = null; // a byte a parcel, in place of the terrain
let tile = null; // the terrain or the layer as pixels
let tints = null; // the marks as pixels, for looking from afar
let colours = {};
let view = { x: side / 2, y: side / 2, px: 1 }; // the parcel in the middle, and how many pixels one is wide
let cursor = null;
let isWaiting = false;
let refreshing = 0;
let resting = 0;
const pointers = new Map();
let pressed = null;

// --- What is drawn ---------------------------------------------------------------------------------------------------

function readColours() {
  const probe = map.appendChild(document.createElement("span"));
  const colour = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  colours = { least: colour("--raised"), most: colour("--accent"), ink: colour("--ink"), sale: colour("--warn"), own: colour("--accent"), card: colour("--card") };
  probe.remove();
  paintTile();
  paintTints();
}

function paintTile() {
  if (!terrain || !colours.ink) return;
  const biomes = swatches.map((swatch) => [...numbersOf(getComputedStyle(swatch).backgroundColor), 255]);
  const pixels = new ImageData(side, side);
  const [least, most] = [numbersOf(colours.least), numbersOf(colours.most)];
  const ramp = Array.from({ length: 256 }, (_, level) => [...least.map((from, part) => from + ((most[part] - from) * level) / 255), 255]);
  if (layer) layer.forEach((level, index) => pixels.data.set(ramp[level], index * 4));
  else terrain.forEach((biome, index) => pixels.data.set(biomes[biome], index * 4));
  tile = imageOf(pixels);
}

function paintTints() {
  if (!marks) return;
  const pixels = new ImageData(side, side);
  const [ink, ownInk, sale] = [colours.ink, colours.own, colours.sale].map(numbersOf);
  for (let index = 0; index < side * side; index++) {
    if (isForSale(index)) pixels.data.set([...sale, 255], index * 4);
    else if (isOwned(index)) pixels.data.set([...(own.has(index) ? ownInk : ink), 140], index * 4);
  }
  tints = imageOf(pixels);
}

function imageOf(pixels) {
  const image = new OffscreenCanvas(side, side);
  image.getContext("2d").putImageData(pixels, 0, 0);
  return image;
}

const numbersOf = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number);

const has = (part, index) => marks !== null && Boolean(marks[part * Math.ceil((side * side) / 8) + (index >> 3)] & (1 << (index & 7)));
const isOwned = (index) => has(0, index);
const isForSale = (index) => has(1, index);

function drawSoon() {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(draw);
}

function draw() {
  isWaiting = false;
  const { width, height } = canvas;
  pen.clearRect(0, 0, width, height);
  if (!tile) return;
  const [left, top] = [width / 2 - view.x * view.px, height / 2 - view.y * view.px];
  pen.imageSmoothingEnabled = view.px < 1;
  pen.drawImage(tile, left, top, side * view.px, side * view.px);
  if (view.px < MARKS_FROM_PX) {
    if (tints) pen.drawImage(tints, left, top, side * view.px, side * view.px);
  } else drawMarks(left, top);
  const isNear = view.px >= GRID_FROM_PX * density();
  if (isNear) drawGrid(left, top);
  Object.assign(map.dataset, { px: (view.px / density()).toFixed(2), grid: isNear ? "shown" : "none" });
  if (cursor) frame(left + cursor.x * view.px, top + cursor.y * view.px, colours.ink, Math.max(2, view.px / 10));
}

function drawGrid(left, top) {
  const { width, height } = canvas;
  const [right, bottom] = [Math.min(width, left + side * view.px), Math.min(height, top + side * view.px)];
  pen.strokeStyle = colours.ink;
  pen.globalAlpha = 0.2;
  pen.lineWidth = density();
  pen.beginPath();
  for (let line = 0; line <= side; line++) {
    const [x, y] = [Math.round(left + line * view.px), Math.round(top + line * view.px)];
    if (x >= 0 && x <= width) drawLine(x, Math.max(0, top), x, bottom);
    if (y >= 0 && y <= height) drawLine(Math.max(0, left), y, right, y);
  }
  pen.stroke();
  pen.globalAlpha = 1;
}

function drawLine(fromX, fromY, toX, toY) {
  pen.moveTo(fromX, fromY);
  pen.lineTo(toX, toY);
}

function drawMarks(left, top) {
  const { width, height } = canvas;
  const [fromX, fromY] = [Math.max(0, Math.floor(-left / view.px)), Math.max(0, Math.floor(-top / view.px))];
  const toX = Math.min(side, Math.ceil((width - left) / view.px));
  const toY = Math.min(side, Math.ceil((height - top) / view.px));
  for (let y = fromY; y < toY; y++) {
    for (let x = fromX; x < toX; x++) drawMark(y * side + x, left + x * view.px, top + y * view.px);
  }
}

function drawMark(index, left, top) {
  if (isOwned(index)) frame(left, top, own.has(index) ? colours.own : colours.ink, Math.max(1, view.px / 12));
  if (isForSale(index)) dot(left, top);
}

function frame(left, top, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.strokeRect(left + width / 2, top + width / 2, view.px - width, view.px - width);
}

function dot(left, top) {
  pen.fillStyle = colours.sale;
  pen.strokeStyle = colours.card;
  pen.lineWidth = Math.max(1, view.px / 16);
  pen.beginPath();
  pen.arc(left + view.px / 2, top + view.px / 2, view.px / 4, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
}

// --- Where one looks -------------------------------------------------------------------------------------------------

const density = () => devicePixelRatio || 1;
const smallest = () => Math.min(canvas.width, canvas.height) / side / 1.02;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function resize() {
  const { width, height } = canvas.getBoundingClientRect();
  const wasAll = view.px <= smallest() * 1.01;
  canvas.width = Math.round(width * density());
  canvas.height = Math.round(height * density());
  if (wasAll || view.px < smallest()) showAll();
  drawSoon();
}

function showAll() {
  view = { x: side / 2, y: side / 2, px: smallest() };
  drawSoon();
}

function move(byX, byY) {
  view.x = clamp(view.x + byX, 0, side);
  view.y = clamp(view.y + byY, 0, side);
  drawSoon();
}

/** Zoom, with what is at this point of the canvas staying there. */
function zoom(factor, atX = canvas.width / 2, atY = canvas.height / 2) {
  const px = clamp(view.px * factor, smallest(), LARGEST_PX * density());
  const [offX, offY] = [atX - canvas.width / 2, atY - canvas.height / 2];
  const [x, y] = [view.x + offX / view.px - offX / px, view.y + offY / view.px - offY / px];
  view = { x: clamp(x, 0, side), y: clamp(y, 0, side), px };
  drawSoon();
}

function parcelAt({ offsetX, offsetY }) {
  const x = Math.floor((offsetX * density() - canvas.width / 2) / view.px + view.x);
  const y = Math.floor((offsetY * density() - canvas.height / 2) / view.px + view.y);
  return isOnMap(x, y) ? { x, y } : null;
}

const isOnMap = (x, y) => Number.isInteger(x) && Number.isInteger(y) && x >= 0 && y >= 0 && x < side && y < side;

function pointAt(parcel) {
  const isSame = isPointedAt(parcel);
  cursor = parcel;
  drawSoon();
  if (!parcel || !terrain || isSame) return;
  const index = parcel.y * side + parcel.x;
  const owner = own.has(index) ? "yours" : isOwned(index) ? "owned" : "unowned";
  say(parcel, `${owner}${isForSale(index) ? ", for sale" : ""}`);
  clearTimeout(resting);
  resting = setTimeout(askAbout, REST_MS, parcel);
}

const isPointedAt = (parcel) => Boolean(parcel) && cursor?.x === parcel.x && cursor?.y === parcel.y;
const say = ({ x, y }, ...words) => place.replaceChildren(`${x}, ${y} · ${names[terrain[y * side + x]]} · `, ...words);

/** Who owns the parcel pointed at, and what it costs, as long as it is pointed at. */
async function askAbout(parcel) {
  if (!isPointedAt(parcel)) return;
  resting = setTimeout(askAbout, LAYER_MS, parcel);
  if (document.hidden) return;
  const reply = await fetch(map.dataset.placeUrl.replace(/0\/0$/, `${parcel.x}/${parcel.y}`)).catch(() => null);
  if (!reply?.ok) return;
  const { owner, base_price: base, for_sale: offer } = await reply.json();
  if (!isPointedAt(parcel)) return;
  if (!owner) return say(parcel, `unowned, from the world for ${bdt(base)} BDT`);
  const asked = offer ? `, for sale ${offer.kind === "auction" ? "by auction, now at" : "for"} ${bdt(offer.price)} BDT` : ", not for sale";
  say(parcel, ...(own.has(parcel.y * side + parcel.x) ? ["yours"] : ["owned by ", nameOf(owner)]), asked);
}

function open(parcel) {
  if (parcel) location.href = map.dataset.parcelUrl.replace("/0/0/", `/${parcel.x}/${parcel.y}/`);
}

// --- Hands -----------------------------------------------------------------------------------------------------------

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
  pressed = { x: event.clientX, y: event.clientY };
});

canvas.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return pointAt(parcelAt(event));
  if (pointers.size === 2) pinch(event, before);
  move(((before.clientX - event.clientX) * density()) / view.px / pointers.size, ((before.clientY - event.clientY) * density()) / view.px / pointers.size);
  pointers.set(event.pointerId, event);
});

canvas.addEventListener("pointerup", (event) => {
  pointers.delete(event.pointerId);
  const wasClick = pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < CLICK_WITHIN_PX;
  pressed = null;
  if (!wasClick) return;
  // A finger cannot hover: its first tap says what is there, a second on the same parcel opens it.
  const [parcel, last] = [parcelAt(event), cursor];
  pointAt(parcel);
  if (event.pointerType === "mouse" || (parcel && last?.x === parcel.x && last?.y === parcel.y)) open(parcel);
});

canvas.addEventListener("pointercancel", ({ pointerId }) => pointers.delete(pointerId));

function pinch(event, before) {
  const [other] = [...pointers.values()].filter(({ pointerId }) => pointerId !== event.pointerId);
  const distance = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  const { left, top } = canvas.getBoundingClientRect();
  const [x, y] = [(event.clientX + other.clientX) / 2 - left, (event.clientY + other.clientY) / 2 - top];
  zoom(distance(event) / Math.max(1, distance(before)), x * density(), y * density());
}

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), event.offsetX * density(), event.offsetY * density());
}, { passive: false });

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

canvas.addEventListener("keydown", (event) => {
  if (event.key in ARROWS) step(...ARROWS[event.key].map((by) => by * (event.shiftKey ? 10 : 1)));
  else if (event.key === "+" || event.key === "=") zoom(ZOOM_STEP);
  else if (event.key === "-") zoom(1 / ZOOM_STEP);
  else if (event.key === "Enter") open(cursor);
  else return;
  event.preventDefault();
});

function step(byX, byY) {
  const from = cursor ?? { x: Math.floor(view.x), y: Math.floor(view.y) };
  const to = { x: clamp(from.x + byX, 0, side - 1), y: clamp(from.y + byY, 0, side - 1) };
  pointAt(to);
  const [awayX, awayY] = [(to.x + 0.5 - view.x) * view.px, (to.y + 0.5 - view.y) * view.px];
  if (Math.abs(awayX) > canvas.width / 2 || Math.abs(awayY) > canvas.height / 2) move(to.x + 0.5 - view.x, to.y + 0.5 - view.y);
}

const TOOLS = { in: () => zoom(ZOOM_STEP), out: () => zoom(1 / ZOOM_STEP), all: showAll };
map.addEventListener("click", ({ target }) => TOOLS[target.dataset.zoom]?.());

// --- What is known ---------------------------------------------------------------------------------------------------

async function bytesOf(url) {
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(`${url}: ${reply.status}`);
  return new Uint8Array(await reply.arrayBuffer());
}

function ownIn(page) {
  return new Set(JSON.parse(page.getElementById("own-parcels").textContent).map(([x, y]) => y * side + x));
}

async function refreshMarks() {
  refreshing = 0;
  try {
    marks = await bytesOf(map.dataset.marksUrl);
  } catch {
    refreshing ||= setTimeout(refreshMarks, AGAIN_MS);
    return;
  }
  paintTints();
  drawSoon();
}

/** The layer that is chosen, or none; read again while it is looked at. */
async function showLayer() {
  const { value: url } = document.querySelector('[name="layer"]:checked');
  document.getElementById("map-scale").hidden = !url;
  const levels = url ? await bytesOf(url).catch(() => null) : null;
  if (document.querySelector('[name="layer"]:checked').value !== url || (url && !levels)) return;
  layer = levels;
  paintTile();
  drawSoon();
  map.dataset.layer = url;
}

for (const choice of document.querySelectorAll('[name="layer"]')) choice.addEventListener("change", showLayer);
setInterval(() => {
  if (layer && !document.hidden) showLayer();
}, LAYER_MS);

async function begin() {
  new ResizeObserver(resize).observe(canvas);
  resize();
  showAll();
  try {
    [terrain, marks] = await Promise.all([bytesOf(map.dataset.terrainUrl), bytesOf(map.dataset.marksUrl)]);
  } catch {
    place.textContent = "The map could not be loaded. Reload the page to try again.";
    return;
  }
  readColours();
  place.textContent = "Point at a parcel";
  addEventListener("hashchange", goToAddress);
  goToAddress();
  drawSoon();
}

/** The part of the address behind # may name a parcel: "x,y". */
function goToAddress() {
  const [x, y] = location.hash.slice(1).split(",").map(Number);
  if (!location.hash || !isOnMap(x, y)) return;
  view = { x: x + 0.5, y: y + 0.5, px: 24 * density() };
  pointAt({ x, y });
}

// However many listings change at once, the marks are read once.
on("listing_update", () => {
  refreshing ||= setTimeout(refreshMarks, REFRESH_MS);
});
// What changed hands while nobody was told of it.
onJoin(() => terrain && refreshMarks());
document.addEventListener("rejoined", ({ detail: { page } }) => {
  own = ownIn(page);
  paintTints();
  drawSoon();
});
subscribe("marketplace_all");
document.documentElement.addEventListener("themechange", () => (readColours(), drawSoon()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (readColours(), drawSoon()));
begin();

// A parcel in view and in use gives attention to its biome, and the exchange keeps which parcel it was.

import { on } from "./stream.js";
import { follow } from "./markets.js";

const IDLE_AFTER_MS = 30_000;
const EACH_MS = 500; // a cycle
const POINTS = 10; // what the budget does not allow is dropped
const SIGNS_OF_USE = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart", "scroll"];

const parcel = document.getElementById("parcel");
const looking = document.getElementById("looking");
const biome = parcel.dataset.biome;
let lastUse = performance.now();
let isAsking = false;
let lastAt = 0;

follow(biome);

if (parcel.dataset.lookUrl) {
  for (const sign of SIGNS_OF_USE) addEventListener(sign, () => (lastUse = performance.now()), { passive: true, capture: true });
  on("biome_market_update", look);
}

async function look() {
  const now = performance.now();
  if (document.hidden || isAsking || now - lastAt < EACH_MS) return;
  if (now - lastUse > IDLE_AFTER_MS) {
    looking.textContent = "Idle: move to give attention again.";
    return;
  }
  isAsking = true;
  lastAt = now;
  try {
    const headers = { "Content-Type": "application/json", ...JSON.parse(document.body.getAttribute("hx-headers")) };
    const reply = await fetch(parcel.dataset.lookUrl, { method: "POST", headers, body: JSON.stringify({ points: POINTS }) });
    if (reply.ok) looking.textContent = `This cycle you gave ${(await reply.json()).accepted} points to ${biome}, by looking at this parcel.`;
  } finally {
    isAsking = false;
  }
}

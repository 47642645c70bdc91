// What a page cannot know after it was cut off, it reads again: the page as the server makes it now is fetched once, and
// what is marked there takes the place of what is here. <section id="market-list" data-refresh-on-join> … </section>

import { hearTimeOf } from "./clock.js";
import { on, onJoin } from "./stream.js";

const PRIVATE = ['[data-live="balance"]', '[data-live="held"]', '[data-own="shares"]', '[data-own="average_cost"]'];
const AGAIN_AFTER_MS = [1000, 3000, 10_000, 30_000]; // when it could not be had
const MOST_READS = 3;
// A page that answered a form has an address that cannot be asked for: its money is on any other.
const posted = document.querySelector('meta[name="server-time"]').dataset.readAt;
const address = () => posted ?? location.href;

let isReading = false;
let isOld = false; // what is being read, for something has happened since
let retry = 0;

/** Read again what is marked, and the player's money. */
export async function readAgain(failures = 0) {
  if (!document.querySelector(["[data-refresh-on-join]", ...PRIVATE].join())) return;
  clearTimeout(retry);
  isOld = true;
  if (isReading) return;
  isReading = true;
  let page = null;
  for (let reads = 0; isOld && reads < MOST_READS; reads++) {
    isOld = false;
    // What is told from now on may be newer than what is read.
    document.dispatchEvent(new Event("rejoining"));
    page = await pageAsItIs();
    if (!page) break;
  }
  isReading = false;
  await released();
  if (page) take(page);
  else if (failures < AGAIN_AFTER_MS.length) retry = setTimeout(readAgain, AGAIN_AFTER_MS[failures], failures + 1);
}

onJoin(() => readAgain());
for (const type of ["portfolio_update", "transaction"]) on(type, () => (isOld = true));
// Kept by the browser from whenever it was: it is not known how old it is.
if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") readAgain();

let isDown = false;
const waiting = [];
addEventListener("pointerdown", ({ button }) => (isDown = button === 0), true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(release), true); // the click comes first

function release() {
  isDown = false;
  for (const goOn of waiting.splice(0)) goOn();
}

/** Whether a press is under way: a new element in the place of the pressed one would never hear of its click. */
export const isPressed = () => isDown;

/** Resolves when no press is under way. */
export const released = () => (isDown ? new Promise((goOn) => waiting.push(goOn)) : Promise.resolve());

async function pageAsItIs() {
  const asked = address();
  try {
    const reply = await fetch(asked, { cache: "no-store", headers: { Accept: "text/html" } });
    if (!reply.ok) return reply.status < 500 && reply.status !== 429 ? document : null;
    const text = await reply.text();
    // A filter that was chosen meanwhile brought what is newer, at another address: that is read in a second.
    return address() === asked ? new DOMParser().parseFromString(text, "text/html") : null;
  } catch {
    return null; // The connection's state says so.
  }
}

function take(page) {
  if (page === document) return;
  hearTimeOf(page);
  for (const here of document.querySelectorAll("[data-refresh-on-join]")) {
    const there = page.getElementById(here.id);
    if (there && !isTypedInto(here)) replace(here, there);
  }
  for (const selector of PRIVATE) {
    const there = page.querySelector(selector);
    if (there) for (const here of document.querySelectorAll(selector)) show(here, there);
  }
  document.dispatchEvent(new CustomEvent("rejoined", { detail: { page } }));
}

const isTypedInto = (element) =>
  [...element.querySelectorAll("input, textarea")].some((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked);

/** Its content and attributes, for scripts hold on to the element itself; who reads or stands in it goes on there. */
function replace(here, there) {
  const focused = here.contains(document.activeElement) ? document.activeElement.id : "";
  const opened = [...here.querySelectorAll("details")].map(({ open }) => open);
  const frames = [here, ...here.querySelectorAll(".table-frame")].map(({ scrollLeft, scrollTop }) => ({ scrollLeft, scrollTop }));
  for (const { name, value } of there.attributes) if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  for (const name of here.getAttributeNames()) if (!there.hasAttribute(name)) here.removeAttribute(name);
  here.replaceChildren(...there.childNodes);
  here.querySelectorAll("details").forEach((details, index) => (details.open ||= opened[index] ?? false));
  [here, ...here.querySelectorAll(".table-frame")].forEach((frame, index) => Object.assign(frame, frames[index]));
  for (const child of here.children) htmx.process(child);
  // To the scripts it is as if htmx had brought it.
  for (const event of ["htmx:afterSwap", "htmx:load"]) htmx.trigger(here, event, { elt: here, target: here });
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function show(here, there) {
  for (const name of ["value", "title"]) here.setAttribute(name, there.getAttribute(name));
  here.textContent = there.textContent;
}

// The list of transactions: what arrives is shown at once on its first page, and told of on the others.

import { on } from "./stream.js";
import { sayInTime, sayNow } from "./announce.js";

const PAUSE_MS = 1000; // one look for many that come at once
let arrived = 0;
let timer = 0;

const rows = () => document.getElementById("history-rows");
const newestId = () => Number(rows().querySelector("[data-id]")?.dataset.id ?? 0);
const counted = (number, what) => `${number} ${what}transaction${number === 1 ? "" : "s"}`;

on("transaction", () => {
  arrived += 1;
  lookSoon();
});
// Read again, with all that had arrived.
document.addEventListener("rejoined", () => (arrived = 0));

function lookSoon() {
  timer ||= setTimeout(look, PAUSE_MS);
}

function look() {
  timer = 0;
  if ("isNewest" in rows().dataset) showNewest();
  else tell();
}

/** The rows alone: what is being typed into the filters stays. */
async function showNewest() {
  const before = newestId();
  arrived = 0;
  const into = { target: "#history-rows", select: "#history-rows", swap: "outerHTML" };
  await htmx.ajax("GET", rows().dataset.newestUrl, into).catch(() => {}); // site.js says so
  const fresh = [...rows().querySelectorAll("[data-id]")].filter((row) => Number(row.dataset.id) > before);
  for (const row of fresh) row.classList.add("new");
  if (fresh.length) sayInTime(counted(fresh.length, "new "));
}

function tell() {
  if (!arrived) return;
  const notice = document.getElementById("arrived");
  notice.querySelector("span").textContent = counted(arrived, "new ");
  notice.hidden = false;
  sayInTime(counted(arrived, "new "));
}

// Addresses without what was left open.
document.addEventListener("htmx:configRequest", ({ target, detail: { parameters } }) => {
  if (target.id !== "filters") return;
  for (const [name, value] of Object.entries(parameters)) if (value === "") delete parameters[name];
});

// A page that the player asked for: how much is on it, and where reading goes on when the link that led here is gone.
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target.id !== "history") return;
  arrived = 0;
  sayNow(counted(Number(rows().dataset.count), ""));
  if (document.activeElement === document.body) rows().focus({ preventScroll: true });
});

// What every page does: the connection's state, the wallet in the bar, the theme, notices, forms that are sent once.

import "./explain.js";
import "./rejoin.js";
import { on, onState, start } from "./stream.js";
import { show } from "./numbers.js";
import { sayNow } from "./announce.js";
import { changeZone, showTimesIn, zone } from "./times.js";

const STATES = { connecting: "Connecting", live: "Live", stale: "Stale", reconnecting: "Reconnecting" };
const THEMES = ["system", "light", "dark"];
const YEAR_SECS = 31_536_000;

const connection = document.getElementById("connection");
let wasCut = false;

onState((state) => {
  connection.dataset.state = state;
  connection.querySelector("span").textContent = STATES[state];
  if (state === "reconnecting") wasCut = true;
  if (state === "stale" || (state === "live" && wasCut)) sayNow(`Live prices: ${STATES[state]}`);
  if (state === "live") wasCut = false;
});

let welcomed; // whom the stream took this page for
on("welcome", ({ player }) => {
  const name = player?.username ?? "";
  if (welcomed && welcomed !== name) notice("You were signed out here. Reload the page to go on.");
  welcomed ??= name;
});

on("portfolio_update", ({ wallet }) => {
  for (const element of document.querySelectorAll('[data-live="balance"]')) show(element, wallet.balance);
  for (const element of document.querySelectorAll('[data-live="held"]')) show(element, wallet.held);
});

const themeButton = document.getElementById("theme");
themeButton.addEventListener("click", () => {
  const theme = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
  applyTheme(theme);
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR_SECS}; samesite=lax`;
  if (themeButton.dataset.saveUrl) htmx.ajax("POST", themeButton.dataset.saveUrl, { values: { theme }, swap: "none" });
});
// Preferences were saved on this page.
document.addEventListener("appearance", ({ detail: { theme, motion, zone: chosen } }) => {
  applyTheme(theme);
  document.documentElement.dataset.motion = motion;
  changeZone(chosen);
  rememberZone();
});

function applyTheme(theme) {
  document.documentElement.dataset.theme = theme;
  themeButton.querySelector("span").textContent = `Theme: ${theme}`;
  document.documentElement.dispatchEvent(new CustomEvent("themechange", { bubbles: true }));
}

// The server writes times in the zone that it was told last; what comes later is shown as it comes.
showTimesIn(document.documentElement);
document.addEventListener("htmx:load", ({ detail: { elt } }) => showTimesIn(elt));
rememberZone();

function rememberZone() {
  if (document.documentElement.dataset.zone) return;
  document.cookie = `zone=${zone}; path=/; max-age=${YEAR_SECS}; samesite=lax`;
}

document.addEventListener("click", ({ target }) => target.closest("[data-dismiss]")?.closest(".notice").remove());

// No answer at all: say so, and leave what was typed as it is. What was to change something may have done so.
for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, ({ detail: { requestConfig } }) => {
    const isRead = requestConfig.verb === "get";
    notice(`The exchange did not answer. ${isRead ? "Try again." : "It may have been done: look before you try again."}`);
  });
}
// A refusal of ours says itself where it belongs, whatever its status: core/web/error_pages.py. A proxy's page does not.
const isOurs = (xhr) => xhr.getResponseHeader("HX-Retarget") !== null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (isOurs(detail.xhr)) detail.shouldSwap = true;
});
document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  if (xhr.status >= 500 && !isOurs(xhr)) notice("Something went wrong on our side. Try again in a moment.");
});

// A form that is sent as a page is sent once: the second click of a double click finds it on its way.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "true";
});
// Back from the next page, it can be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

function notice(text) {
  const box = document.getElementById("notices");
  box.replaceChildren(Object.assign(document.createElement("p"), { className: "notice", textContent: text }));
  box.firstChild.dataset.tone = "bad";
}

start();

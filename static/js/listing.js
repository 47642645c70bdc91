// One listing: bids as they are made, how the player stands, and what came of a form, told where it stands. The body is
// replaced after each form, so nothing here holds on to its parts.

import { readAmount } from "./amounts.js";
import { sayInTime, sayNow } from "./announce.js";
import { msUntil } from "./clock.js";
import { toMicro, toText } from "./curve.js";
import { follow } from "./markets.js";
import { onListing } from "./marketplace.js";
import { watchMeans } from "./means.js";
import { bdt, nameOf, show } from "./numbers.js";
import { isPressed, released } from "./rejoin.js";
import { on, onJoin } from "./stream.js";
import { showTime } from "./times.js";

const ROWS_MOST = 20;
const LOOK_AFTER_MS = 1500; // the exchange settles by itself, and tells of it; after that, look
const MICRO = 1_000_000n;
const UNANSWERED =
  "No answer came, so it may or may not have been done. Send it again: it is carried out once at most.";

const find = (id) => document.getElementById(id);
const body = () => find("listing");
const id = Number(body().dataset.listing);
let looking = 0;

follow(body().dataset.biome);
watchMeans();

// --- What others do ---------------------------------------------------------------------------------------------------

onListing((listing) => {
  if (listing.id !== id) return;
  const { dataset } = body();
  if (needsLook(listing, dataset)) look();
  else stand(listing, dataset);
});

/** What changes more than numbers: the end, other things to do, or what the page cannot know. */
function needsLook(listing, { status, kind, player, standing, canChange, buyNow }) {
  if (listing.status !== status || kind !== "auction") return true;
  if (canChange !== undefined && listing.bids > 0) return true;
  if (listing.top_bidder === player && standing !== "lead") return true;
  return buyNow && find("buy-form") && Number(listing.price) >= Number(buyNow);
}

function stand(listing, dataset) {
  const says = `${bdt(listing.price)} BDT, ${listing.bids} bid${listing.bids === 1 ? "" : "s"}`;
  if (dataset.standing !== "lead") {
    sayInTime(dataset.standing === "outbid" ? `Still outbid: ${says}` : says);
  } else if (listing.top_bidder === dataset.player) {
    sayInTime(`You lead: ${says}`);
  } else {
    tellOutbid(listing);
    sayNow(`You were outbid. ${says}`);
  }
}

/** At once; the rest, as what can be spent now, the exchange knows. */
function tellOutbid(listing) {
  const notice = find("standing");
  notice.dataset.tone = "warn";
  notice.firstElementChild.replaceChildren("You were outbid: ", nameOf(listing.top_bidder), " leads.");
  look();
}

on("bid", ({ bid }) => {
  if (bid.listing !== id || !find("bids") || body().dataset.isFirstPage !== "yes") return;
  if (document.querySelector(`[data-bid="${bid.id}"]`)) return;
  const rows = find("bid-rows");
  const row = find("bid-row").content.firstElementChild.cloneNode(true);
  row.dataset.bid = bid.id;
  row.classList.add("new");
  showTime(row.querySelector("time"), bid.at, "day-clock");
  const bidder = row.querySelector(".bidder");
  bidder.querySelector("bdi").textContent = bid.bidder;
  if (!bid.is_leading) bidder.append(" ", Object.assign(document.createElement("small"), { textContent: "outbid at once" }));
  show(row.querySelector("data"), bid.price);
  rows.prepend(row);
  while (rows.children.length > ROWS_MOST) rows.lastElementChild.remove();
  find("no-bids").hidden = true;
  document.querySelector("#bids .table-frame").hidden = false;
});

// Something may have been missed.
onJoin(look);

/** Ask for the body anew; what is being typed stays. */
function look() {
  clearTimeout(looking);
  looking = 0;
  if (isPressed()) lookAfterPress();
  if (isInUse()) return;
  answersAtLook = answers;
  htmx.ajax("GET", location.pathname + location.search, { target: "#listing", swap: "outerHTML" }).catch(() => {});
}

/** Whether a form is on its way, whose answer draws the body anew, or a press that a new body would swallow. */
const isInUse = () => isPressed() || document.querySelector("#listing form.htmx-request") !== null;

let isLookOwed = false;

async function lookAfterPress() {
  if (isLookOwed) return;
  isLookOwed = true;
  await released();
  isLookOwed = false;
  look();
}

setInterval(() => {
  const ends = document.querySelector("#deal [data-ends]");
  if (ends && body().dataset.status === "active" && msUntil(ends.dateTime) < -LOOK_AFTER_MS && !looking) {
    looking = setTimeout(look, Math.random() * LOOK_AFTER_MS);
  }
}, 1000);

// --- What the player does ---------------------------------------------------------------------------------------------

document.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-step]")) return;
  const input = find("id_max");
  const least = toMicro(find("least-bid").dataset.value);
  const isAbove = body().dataset.standing === "lead"; // the own maximum, which does not count again
  const typed = microTyped(input.value);
  if (typed < least && !isAbove) input.value = toText(least);
  else input.value = toText(most(typed, least) + stepOf(most(typed, least)));
  input.focus();
});

function microTyped(text) {
  try {
    return toMicro(readAmount(text));
  } catch {
    return 0n;
  }
}

const most = (one, other) => (one > other ? one : other);

/** The least step above an amount: a twentieth, or 1 BDT. */
const stepOf = (micro) => ((micro + 19n) / 20n > MICRO ? (micro + 19n) / 20n : MICRO);

let typed = new Map();
let refused = []; // what is said beside fields
let sentBy = null;
let answers = 0;
let answersAtLook = 0;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id !== "listing") return;
  // Busy is an answer too, with the form in it.
  if (detail.xhr.status === 503 && detail.serverResponse.includes('id="listing"')) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
  sentBy = detail.requestConfig.elt.closest?.("form")?.id ?? null;
  if (sentBy) answers++;
  // A form was sent or answered since this was asked for: it would take away what the answer says.
  else if (answers !== answersAtLook || isInUse()) {
    detail.shouldSwap = false;
    if (isPressed()) lookAfterPress();
    return;
  }
  const kept = [...document.querySelectorAll("#listing [data-keep]")].filter((input) => input.form.id !== sentBy);
  refused = sentBy ? [] : [...document.querySelectorAll("#deal .errorlist[id]:not(:empty)")];
  typed = new Map(kept.map((input) => [input.id, whatIsTyped(input)]));
});

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target.id !== "listing") return;
  for (const [inputId, kept] of typed) typeAgain(find(inputId), kept);
  for (const said of refused) {
    find(said.id)?.replaceChildren(...said.childNodes);
    document.querySelector(`#deal [aria-describedby~="${said.id}"]`)?.setAttribute("aria-invalid", "true");
  }
  watchMeans();
  if (sentBy) answer();
  else tellChange();
});

const whatIsTyped = ({ type, checked, value, selectionStart, selectionEnd }) =>
  type === "checkbox" ? { checked } : { value, selection: [selectionStart, selectionEnd] };

/** Fill in what was typed, with the caret where it was: somebody may be in the middle of a number. */
function typeAgain(input, { checked, value, selection }) {
  if (!input) return;
  if (checked) input.checked = true;
  if (!value) return;
  input.value = value;
  if (input === document.activeElement) input.setSelectionRange(...selection);
}

function answer() {
  const wrong = document.querySelector('#deal [aria-invalid="true"]');
  const errors = [...document.querySelectorAll("#deal .errorlist li, #deal [data-code]")].map((error) => error.textContent.trim());
  (wrong ?? find("deal")).focus({ preventScroll: !wrong });
  sayNow([...new Set(errors)].join(" ") || standingInWords());
}

function tellChange() {
  sayInTime(standingInWords());
}

const standingInWords = () => find("standing").textContent.trim() || find("listing-title").textContent;

// A proxy answers for a server that could not, which is no answer.
const isOfProxy = (xhr) => xhr.status >= 500 && xhr.getResponseHeader("HX-Retarget") === null;

for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(failure, ({ type, detail }) => {
    if (type === "htmx:responseError" && !isOfProxy(detail.xhr)) return;
    const problem = detail.elt.querySelector?.(".problem");
    problem?.replaceChildren(Object.assign(document.createElement("p"), { className: "errorlist", textContent: UNANSWERED }));
  });
}

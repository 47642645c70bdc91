// What a word of the game means: beside its button, on a tap, on hover, and by keyboard. Without this script the browser
// opens the same popovers in the middle of the window.

const OPENS_AFTER_MS = 150;
const CLOSES_AFTER_MS = 250; // time for the pointer to get to what was opened
const GAP_PX = 6;
const EDGE_PX = 8;

let shown = null; // {button, popover, isPinned}
let timer = 0;

const buttonAt = (target) => target.closest?.(".explain");
const popoverOf = (button) => document.getElementById(button.getAttribute("popovertarget"));

document.addEventListener("click", (event) => {
  const button = buttonAt(event.target);
  if (!button) return;
  event.preventDefault();
  if (shown?.button === button && shown.isPinned) close();
  else open(button, true);
});

document.addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType !== "mouse") return;
  const button = buttonAt(target);
  clearTimeout(timer);
  if (button) {
    if (shown?.button !== button) timer = setTimeout(() => open(button, false), OPENS_AFTER_MS);
  } else if (shown && !shown.isPinned && !shown.popover.contains(target)) {
    timer = setTimeout(close, CLOSES_AFTER_MS);
  }
});

// Whatever closed it: Escape, a click elsewhere, another explanation.
document.addEventListener("beforetoggle", ({ target, newState }) => {
  if (newState === "closed" && target === shown?.popover) forget();
}, true);

for (const moved of ["scroll", "resize"]) addEventListener(moved, () => shown && place(), { capture: true, passive: true });

function open(button, isPinned) {
  clearTimeout(timer);
  if (!button.isConnected) return;
  const popover = popoverOf(button);
  if (shown && shown.popover !== popover) close();
  shown?.button.setAttribute("aria-expanded", "false");
  shown = { button, popover, isPinned };
  button.setAttribute("aria-expanded", "true");
  popover.dataset.placed = "";
  if (!popover.matches(":popover-open")) popover.showPopover();
  place();
}

function close() {
  clearTimeout(timer);
  shown?.popover.hidePopover();
}

function forget() {
  clearTimeout(timer);
  shown.button.setAttribute("aria-expanded", "false");
  shown = null;
}

// Below the button, or above where there is no room; never past an edge of the window.
function place() {
  const { button, popover } = shown;
  if (!button.isConnected) return;
  const at = button.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const { offsetWidth: width, offsetHeight: height } = popover;
  const left = Math.min(Math.max(at.left + at.width / 2 - width / 2, EDGE_PX), clientWidth - width - EDGE_PX);
  const isBelow = at.bottom + GAP_PX + height + EDGE_PX <= clientHeight;
  popover.style.left = `${left}px`;
  popover.style.top = `${isBelow ? at.bottom + GAP_PX : at.top - GAP_PX - height}px`;
}

/** Take what is open as pressed for: its button is new where a list was read again, or this script is. */
function adopt() {
  const opened = document.querySelector(".explanation:popover-open");
  if (!opened || shown?.button.isConnected) return;
  const button = document.querySelector(`.explain[popovertarget="${opened.id}"]`);
  if (button) open(button, shown?.isPinned ?? true);
  else opened.hidePopover();
}

document.addEventListener("htmx:load", adopt);
adopt();

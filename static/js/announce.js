// Says to screen readers what changed, politely: at most one sentence in a while, the newest.

const PAUSE_MS = 10_000;
const region = document.getElementById("announcer");
let next = "";
let saidAt = -PAUSE_MS;
let timer = 0;

/** Say it at once: what the player has just done. */
export function sayNow(sentence) {
  next = sentence;
  speak();
}

/** Say it when there was silence for a while; a newer sentence takes its place until then. */
export function sayInTime(sentence) {
  next = sentence;
  if (!timer) timer = setTimeout(speak, Math.max(0, saidAt + PAUSE_MS - performance.now()));
}

function speak() {
  clearTimeout(timer);
  timer = 0;
  saidAt = performance.now();
  region.textContent = next;
}

// Attention: while the page is in view and in use, each cycle gets the player's points for its biome.

import { on, onState, send } from "./stream.js";
import { sayInTime } from "./announce.js";

const IDLE_AFTER_MS = 30_000;
const SIGNS_OF_USE = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart", "touchmove", "scroll"];
const STATES = {
  giving: "● Giving",
  idle: "Idle: move to give attention again",
  hidden: "Hidden: none is given",
  elsewhere: "Given on another page",
  none: "Nothing to give",
  waiting: "Not given yet",
  refused: "Not counted",
};

/** Give the signed-in player's attention to a biome, cycle by cycle, and show in #attention how much counts. */
export function giveAttention(biome) {
  const box = document.getElementById("attention");
  if (!box) return;
  const [state, points, budgetText] = ["state", "points", "budget"].map((name) => box.querySelector(`[data-giving="${name}"]`));
  const meter = box.querySelector("meter");
  let budget = Number(box.dataset.budget);
  let lastUse = performance.now();
  let given = 0;
  let isWaiting = false;

  for (const sign of SIGNS_OF_USE) addEventListener(sign, use, { passive: true, capture: true });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) rest("hidden");
    else lastUse = performance.now();
  });

  on("biome_market_snapshot", ({ settings }) => setBudget(settings.attention_budget));
  on("biome_market_update", startCycle);
  on("attention", hear);
  on("error", ({ detail }) => {
    if (!isWaiting) return;
    rest("refused");
    state.title = detail;
  });
  onState((connection) => {
    if (connection !== "live") rest("waiting");
  });

  function use(event) {
    // The page may move below a pointer that rests.
    const isStill = event.type === "pointermove" && event.movementX === 0 && event.movementY === 0;
    if (!isStill) lastUse = performance.now();
  }

  // Attention is counted once a cycle: with what the last one left of the budget, the next begins.
  function startCycle() {
    if (document.hidden) return rest("hidden");
    if (performance.now() - lastUse > IDLE_AFTER_MS) return rest("idle");
    if (budget === 0) return rest("none");
    isWaiting = send({ action: "attention", biome, points: budget });
  }

  function hear({ biome: where, accepted }) {
    isWaiting = false;
    if (where !== biome) return;
    show(accepted > 0 ? "giving" : "elsewhere", accepted);
  }

  function rest(why) {
    isWaiting = false;
    show(why, 0);
  }

  function show(why, count) {
    if (count !== given) {
      given = count;
      points.textContent = count;
      meter.value = count;
    }
    if (box.dataset.state === why) return;
    box.dataset.state = why;
    state.textContent = STATES[why];
    state.title = "";
    if (why === "idle") sayInTime(STATES.idle);
  }

  function setBudget(newBudget) {
    if (newBudget === budget) return;
    budget = newBudget;
    meter.max = newBudget;
    budgetText.textContent = newBudget;
  }
}

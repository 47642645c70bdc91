// Whether things may move: what the player chose, or else what the system asks for.

const system = matchMedia("(prefers-reduced-motion: reduce)");

export function isMotionReduced() {
  const chosen = document.documentElement.dataset.motion;
  return chosen === "reduced" || (chosen !== "full" && system.matches);
}

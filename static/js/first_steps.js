// The first steps above a market's page: after a trade of the player's the last one is next.

import { on } from "./stream.js";

on("portfolio_update", ({ holding }) => {
  const [, buy, worth] = document.querySelectorAll("#first-steps li");
  if (!holding || worth?.dataset.state !== "next") return;
  buy.dataset.state = "done";
  worth.dataset.state = "current";
  buy.firstElementChild.removeAttribute("aria-current");
  worth.firstElementChild.setAttribute("aria-current", "step");
});

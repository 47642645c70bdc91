// The account's pages: passwords that can be shown, tokens that can be copied.

import "./copy.js";

// Sections are replaced when they are saved, so nothing is bound to what is in them.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-reveal]");
  if (button) reveal(button, inputOf(button).type === "password");
});
// Browsers keep what was in a visible field.
document.addEventListener("submit", ({ target }) => target.querySelectorAll("[data-reveal]").forEach((button) => reveal(button, false)), true);

const inputOf = (button) => document.getElementById(button.getAttribute("aria-controls"));

function reveal(button, isShown) {
  inputOf(button).type = isShown ? "text" : "password";
  button.firstChild.data = isShown ? "Hide" : "Show";
}

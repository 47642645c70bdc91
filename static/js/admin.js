// The administration's theme: what site.js does on the players' pages, where Django's templates leave the body's class.

const THEMES = ["system", "light", "dark"];

const button = document.getElementById("theme");

button?.addEventListener("click", () => {
  const { classList } = document.body;
  const before = THEMES.find((theme) => classList.contains(`theme-${theme}`));
  const theme = THEMES[(THEMES.indexOf(before) + 1) % THEMES.length];
  classList.replace(`theme-${before}`, `theme-${theme}`);
  button.querySelector("span").textContent = `Theme: ${theme}`;
  save(theme);
});

// Django labels the mark of a search for screen readers, but says not what it is.
addEventListener("load", () => {
  for (const mark of document.querySelectorAll(".search-label-icon")) mark.role = "img";
});

/** Keep the choice for the player, or in a guest's browser. Without an answer it holds for this page. */
function save(theme) {
  const { saveUrl, token } = button.dataset;
  const headers = { "X-CSRFToken": token };
  fetch(saveUrl, { method: "POST", headers, body: new URLSearchParams({ theme }) }).catch(() => {});
}

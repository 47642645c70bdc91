// The account's pages: passwords that can be shown.

for (const button of document.querySelectorAll("[data-reveal]")) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  button.hidden = false;
  button.addEventListener("click", () => show(button, input, input.type === "password"));
  // Browsers keep what was in a visible field.
  input.form.addEventListener("submit", () => show(button, input, false));
}

function show(button, input, isShown) {
  input.type = isShown ? "text" : "password";
  button.firstChild.data = isShown ? "Hide" : "Show";
}

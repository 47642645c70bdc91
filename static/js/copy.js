// Buttons that copy: <button data-copy="id of the text">, with a <span data-copy-label> that says that it was done.

import { sayNow } from "./announce.js";

const DONE_MS = 2000;

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  say(button, (await copied(text)) ? "Copied" : "Select it and copy");
});

async function copied(element) {
  getSelection().selectAllChildren(element);
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    // No clipboard on a page without TLS, but the browser's own command is there, for what is selected.
    return document.execCommand("copy");
  }
}

function say(button, done) {
  const label = button.querySelector("[data-copy-label]");
  button.copyWord ??= label.textContent;
  label.textContent = done;
  sayNow(done);
  clearTimeout(button.copying);
  button.copying = setTimeout(() => (label.textContent = button.copyWord), DONE_MS);
}

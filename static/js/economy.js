// The administrators' start page: its figures are brought up to date while somebody can see them.

const REFRESH_MS = 5000;

const figures = document.getElementById("figures");

async function refresh() {
  if (document.hidden) return;
  // Who was signed out meanwhile is sent elsewhere: the figures stay, and say of when they are.
  const reply = await fetch(figures.dataset.url, { redirect: "error" });
  if (reply.ok) figures.innerHTML = await reply.text();
}

setInterval(() => refresh().catch(() => {}), REFRESH_MS);
document.addEventListener("visibilitychange", () => refresh().catch(() => {}));

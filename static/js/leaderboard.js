// Players are ranked anew each minute: the page that is looked at follows.

const PERIOD_MS = 60_000;

setInterval(() => {
  if (document.hidden) return;
  const here = location.pathname + location.search;
  htmx.ajax("GET", here, { target: "#leaderboard", swap: "outerHTML" }).catch(() => {}); // site.js says so
}, PERIOD_MS);

// My land: rows are kept true by marketplace.js; here, how the player stands in each auction.

import { sayInTime } from "./announce.js";
import { onListing } from "./marketplace.js";

const { player } = document.getElementById("own").dataset;

onListing((listing) => {
  const row = document.querySelector(`[data-listing="${listing.id}"]`);
  const stands = row?.querySelector('[data-field="stands"]');
  if (!stands || listing.status !== "active") return;
  const state = listing.top_bidder === player ? "leading" : "outbid";
  if (stands.dataset.state === state) return;
  stands.dataset.state = state;
  stands.textContent = state === "leading" ? "Leading" : "Outbid";
  if (state === "outbid") row.querySelector('[data-field="held"]').textContent = "–";
  sayInTime(`${listing.title}: ${state === "leading" ? "you lead" : "you were outbid"}`);
});

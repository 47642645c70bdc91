// One biome's market, live.

import { follow } from "./markets.js";

follow(document.getElementById("market").dataset.biome);

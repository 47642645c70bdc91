// The board of markets: all of them are followed.

import { follow } from "./markets.js";

follow();

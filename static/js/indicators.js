// What is computed from bars to be drawn over them. Pure: bars oldest first, a value for each bar, null where there is none.

/** Return the mean of the closes of each bar and the `period - 1` before it. */
export function simpleAverage(bars, period) {
  let sum = 0;
  return bars.map(({ close }, place) => {
    sum += close - (place >= period ? bars[place - period].close : 0);
    return place >= period - 1 ? sum / period : null;
  });
}

/** Return the exponential average of the closes, which begins with the simple one of the first `period` bars. */
export function exponentialAverage(bars, period) {
  const weight = 2 / (period + 1);
  const begun = simpleAverage(bars.slice(0, period), period);
  let average = null;
  return bars.map(({ close }, place) => {
    average = place < period ? begun[place] : average + weight * (close - average);
    return average;
  });
}

/** Return the average price of all that was traded from the time `since` (in seconds) on: volume over its shares. */
export function volumeWeighted(bars, since) {
  let volume = 0;
  let count = 0;
  return bars.map((bar) => {
    if (bar.time < since) return null;
    volume += bar.volume;
    count += bar.volume / ((bar.high + bar.low + bar.close) / 3);
    return count > 0 ? volume / count : null;
  });
}

// A market's candles: pages of history from the API, the newest kept true by what the stream tells.

const PAGE = 300;
const MOST = 6000; // further back, a coarser interval serves better
const WIDTH_SECS = { "1s": 1, "5s": 5, "15s": 15, "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400 };

export class Candles {
  /** Oldest first, the last one under way: {time, open, high, low, close, volume, attention}, time in seconds. */
  bars = [];
  #url;
  #interval = "";
  #older = null; // the query of the page before
  #isBusy = false;

  constructor(url) {
    this.#url = url;
  }

  /** How long each of them is. */
  get widthSecs() {
    return WIDTH_SECS[this.#interval];
  }

  /** Take the newest candles of an interval; false when they could not be had, null when another was opened meanwhile. */
  async open(interval, limit) {
    this.#interval = interval;
    this.#isBusy = true;
    const page = await this.#ask({ interval, limit });
    if (this.#interval !== interval) return null;
    this.#isBusy = false;
    this.bars = page ? page.results.map(barOf) : [];
    this.#older = page && queryOf(page.next);
    return page !== null;
  }

  /** Take a page of older candles, where there is one; true when they came. */
  async addOlder() {
    if (this.#isBusy || !this.#older || this.bars.length >= MOST) return false;
    const interval = this.#interval;
    this.#isBusy = true;
    const page = await this.#ask(this.#older);
    if (this.#interval !== interval) return false;
    this.#isBusy = false;
    if (!page) return false;
    this.#older = queryOf(page.next);
    this.bars = [...page.results.map(barOf), ...this.bars];
    return true;
  }

  /** Take the last candles again as they are kept, with whatever the stream did not tell; true when they came. */
  async settle() {
    const since = this.bars.at(-3) ?? this.bars[0];
    if (this.#isBusy || !since) return false;
    const interval = this.#interval;
    const page = await this.#ask({ interval, limit: PAGE, since: new Date(since.time * 1000).toISOString() });
    if (!page || this.#isBusy || this.#interval !== interval) return false;
    const kept = page.results.map(barOf);
    const first = this.bars.findIndex(({ time }) => time >= since.time);
    const told = this.bars.splice(first);
    const newest = told.find(({ time }) => time === kept.at(-1)?.time);
    // The one under way is kept a little late: what is told is ahead of it.
    if (newest) kept.push(merged(kept.pop(), newest));
    const ahead = told.filter(({ time }) => !(time <= kept.at(-1)?.time));
    this.bars.push(...kept, ...ahead);
    this.#forgetOldest();
    return true;
  }

  /** The price came to be `price`, by a trade of so much or a cycle with so many points. Returns the candle; null for the past. */
  move(at, price, { volume = 0, attention = 0 }) {
    const bar = this.#barAt(at, price);
    if (!bar) return null;
    bar.close = price;
    bar.high = Math.max(bar.high, price);
    bar.low = Math.min(bar.low, price);
    bar.volume += volume;
    bar.attention += attention;
    return bar;
  }

  // A page that is open for days keeps no more than one that looks back.
  #forgetOldest() {
    if (this.bars.length <= MOST + PAGE) return;
    this.bars.splice(0, this.bars.length - MOST);
    this.#older = null;
  }

  #barAt(at, price) {
    const width = this.widthSecs;
    const time = Math.floor(Date.parse(at) / 1000 / width) * width;
    const last = this.bars.at(-1);
    if (this.#isBusy || last?.time > time) return null;
    if (last?.time === time) return last;
    const open = last?.close ?? price;
    const bar = { time, open, high: open, low: open, close: open, volume: 0, attention: 0 };
    this.bars.push(bar);
    return bar;
  }

  async #ask(query) {
    try {
      const reply = await fetch(`${this.#url}?${new URLSearchParams(query)}`);
      return reply.ok ? await reply.json() : null;
    } catch {
      return null;
    }
  }
}

function barOf({ opened_at: openedAt, open, high, low, close, volume, attention_points: attention }) {
  return {
    time: Date.parse(openedAt) / 1000,
    open: Number(open),
    high: Number(high),
    low: Number(low),
    close: Number(close),
    volume: Number(volume),
    attention,
  };
}

const queryOf = (address) => address && Object.fromEntries(new URL(address).searchParams);

function merged(kept, told) {
  return {
    ...kept,
    close: told.close,
    high: Math.max(kept.high, told.high),
    low: Math.min(kept.low, told.low),
    volume: Math.max(kept.volume, told.volume),
    attention: Math.max(kept.attention, told.attention),
  };
}

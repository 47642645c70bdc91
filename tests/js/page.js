// What a page's connection needs of a browser, with a clock and sockets that tests move.

import { mock } from "node:test";

/** A WebSocket whose server is the test. */
export class FakeSocket {
  static OPEN = 1;

  static all = [];

  readyState = 0;

  sent = [];

  constructor(url) {
    this.url = url;
    FakeSocket.all.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  /** Accept the connection. */
  open() {
    this.readyState = FakeSocket.OPEN;
    this.onopen();
  }

  /** Send events to the page. */
  tell(...events) {
    for (const event of events) this.onmessage?.({ data: JSON.stringify(event) });
  }

  /** End the connection, as the server or the network does. */
  end() {
    this.readyState = 3;
    this.onclose?.();
  }

  /** Return what the page has sent since the last call. */
  taken() {
    return this.sent.splice(0);
  }
}

const STARTED_AT = "2026-01-01T00:00:00.000Z";
let pages = 0;

/** Return a page that has just been loaded: its connection, its clock and its listeners. */
export async function loadPage(t) {
  const listeners = new Map();
  const listen = (type, listener) => listeners.set(type, listener);
  FakeSocket.all = [];
  // The longest wait that the jitter allows.
  t.mock.method(Math, "random", () => 1);
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  Object.assign(globalThis, {
    WebSocket: FakeSocket,
    addEventListener: listen,
    document: {
      hidden: false,
      addEventListener: listen,
      querySelector: (selector) => ({ content: selector.includes("stream-url") ? "ws://exchange.example/" : STARTED_AT }),
    },
  });
  performance.getEntriesByType = () => [];
  const stream = await import(`../../static/js/stream.js?page=${++pages}`);
  return {
    ...stream,
    pass: (ms) => mock.timers.tick(ms),
    happen: (type, event = {}) => listeners.get(type)(event),
    socket: () => FakeSocket.all.at(-1),
    sockets: () => FakeSocket.all.length,
  };
}

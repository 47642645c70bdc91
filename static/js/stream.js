// The page's one socket: who is interested asks here. It comes back by itself, and asks for what it missed.

const LONGEST_WAIT_MS = 15_000;
const FIRST_WAIT_MS = 500;
const STALE_AFTER_MS = 2000; // two heartbeats of the stream

const url = document.querySelector('meta[name="stream-url"]').content;
const handlers = new Map();
const stateHandlers = [];
const rooms = new Set();

let socket = null;
let place = null; // {epoch, seq} of the last event
let failures = 0;
let quiet = 0;
let state = "connecting";

/** Call `handler(event)` for every event or reply of this type. */
export function on(type, handler) {
  handlers.set(type, [...(handlers.get(type) ?? []), handler]);
}

/** Call `handler(state)` now and at every change: connecting, live, stale, reconnecting. */
export function onState(handler) {
  stateHandlers.push(handler);
  handler(state);
}

/** Join a room, now and after every reconnect. Its snapshot comes first. */
export function subscribe(room) {
  rooms.add(room);
  if (isOpen()) ask(room);
}

/** Send an action if the socket is open; false when it is not, for nothing is worth saying late. */
export function send(message) {
  if (!isOpen()) return false;
  socket.send(JSON.stringify(message));
  return true;
}

export function start() {
  connect();
  // A phone that wakes up does not wait for its turn.
  addEventListener("online", connect);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) connect();
  });
}

const isOpen = () => socket?.readyState === WebSocket.OPEN;
const ask = (room) => send({ action: "subscribe_biome_market", room });

function connect() {
  if (socket && socket.readyState !== WebSocket.CLOSED) return;
  socket = new WebSocket(url);
  socket.onopen = greet;
  socket.onmessage = ({ data }) => hear(JSON.parse(data));
  socket.onclose = comeBack;
}

function greet() {
  if (place) send({ action: "resume", ...place, rooms: [...rooms] });
  else rooms.forEach(ask);
  listen();
}

function hear(event) {
  failures = 0;
  setState("live");
  listen();
  if (event.seq !== undefined && event.type !== "heartbeat") place = { epoch: event.epoch, seq: event.seq };
  if (event.type === "resync") rooms.forEach(ask);
  for (const handler of handlers.get(event.type) ?? []) handler(event);
}

function listen() {
  clearTimeout(quiet);
  quiet = setTimeout(() => setState("stale"), STALE_AFTER_MS);
}

function comeBack() {
  clearTimeout(quiet);
  setState("reconnecting");
  // Exponential, with jitter: a thousand pages do not come back in the same instant.
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++) * (0.5 + Math.random() / 2);
  setTimeout(connect, waitMs);
}

function setState(next) {
  if (next === state) return;
  state = next;
  for (const handler of stateHandlers) handler(state);
}

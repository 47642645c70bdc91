// The page's one socket: who is interested asks here. It comes back by itself, and asks for what it missed. Where that
// is not to be had, and after the first join, `onJoin` is told: what the page shows may be older than what it hears.

import { hearTime } from "./clock.js";

const LONGEST_WAIT_MS = 15_000;
const FIRST_WAIT_MS = 500;
const STALE_AFTER_MS = 2000; // two heartbeats of the stream
const DEAD_AFTER_MS = 6000; // silent for so long it is dead, whatever the network says
const OPEN_WITHIN_MS = 8000;
const ANSWER_WITHIN_MS = 3000;

const url = document.querySelector('meta[name="stream-url"]').content;
const handlers = new Map();
const stateHandlers = [];
const joinHandlers = [];
const rooms = new Set();

let socket = null;
let place = null; // {epoch, seq} of the last event
let isWhole = false; // in all rooms, and told of everything since
let asked = []; // what to do at each answer to a ping, in their order
let joins = 0;
let failures = 0;
let waiting = 0;
let quiet = 0;
let dead = 0;
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

/** Call `handler()` whenever the page is in all its rooms and may have missed what was before. */
export function onJoin(handler) {
  joinHandlers.push(handler);
}

/** Join a room, now and after every reconnect. Its snapshot comes first. */
export function subscribe(room) {
  if (rooms.has(room)) return;
  rooms.add(room);
  isWhole = false;
  if (isOpen()) join([room]);
}

/** Send an action if the socket is open; false when it is not, for nothing is worth saying late. */
export function send(message) {
  if (!isOpen()) return false;
  socket.send(JSON.stringify(message));
  return true;
}

export function start() {
  connect();
  // A phone that wakes up does not wait for its turn, nor for a connection that did not wake up with it.
  addEventListener("online", wake);
  addEventListener("pageshow", ({ persisted }) => persisted && wake());
  document.addEventListener("resume", wake);
  document.addEventListener("visibilitychange", () => document.hidden || wake());
}

const isOpen = () => socket?.readyState === WebSocket.OPEN;

function connect() {
  clearTimeout(waiting);
  if (socket) return;
  socket = new WebSocket(url);
  socket.onopen = greet;
  socket.onmessage = ({ data }) => hear(JSON.parse(data));
  socket.onclose = comeBack;
  dropAfter(OPEN_WITHIN_MS);
}

function greet() {
  asked = [];
  if (place && isWhole) send({ action: "resume", ...place, rooms: [...rooms] });
  else join([...rooms]);
  listen();
}

/** Enter rooms; when the answer to the ping comes, the page is in them. */
function join(entered) {
  isWhole = false;
  const joining = ++joins;
  for (const room of entered) send({ action: "subscribe_biome_market", room });
  ping(() => {
    if (joining !== joins) return; // another room was asked for meanwhile
    isWhole = true;
    for (const handler of joinHandlers) handler();
  });
}

function ping(answered) {
  if (send({ action: "ping" })) asked.push(answered);
}

function hear(event) {
  setState("live");
  listen();
  if (event.seq !== undefined && event.type !== "heartbeat") place = { epoch: event.epoch, seq: event.seq };
  CARED_FOR[event.type]?.(event);
  for (const handler of handlers.get(event.type) ?? []) handler(event);
}

const CARED_FOR = {
  welcome({ at }) {
    failures = 0;
    hearTime(at);
  },
  heartbeat: ({ at }) => hearTime(at),
  resync: () => join([...rooms]),
  pong: () => asked.shift()?.(),
};

function listen() {
  clearTimeout(quiet);
  quiet = setTimeout(() => setState("stale"), STALE_AFTER_MS);
  dropAfter(DEAD_AFTER_MS);
}

function dropAfter(ms) {
  clearTimeout(dead);
  dead = setTimeout(drop, ms);
}

/** Give up a connection without waiting for its end, which may take minutes to be known. */
function drop() {
  const dropped = socket;
  for (const event of ["onopen", "onmessage", "onclose"]) dropped[event] = null;
  dropped.close();
  comeBack();
}

function comeBack() {
  clearTimeout(quiet);
  clearTimeout(dead);
  socket = null;
  setState("reconnecting");
  // Exponential, with jitter: a thousand pages do not come back in the same instant.
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++) * (0.5 + Math.random() / 2);
  clearTimeout(waiting);
  waiting = setTimeout(connect, waitMs);
}

/** Ask at once whether anybody is there. */
function wake() {
  failures = 0;
  if (!isOpen()) return connect();
  const woken = socket;
  const deadline = setTimeout(() => woken === socket && drop(), ANSWER_WITHIN_MS);
  ping(() => clearTimeout(deadline));
}

function setState(next) {
  if (next === state) return;
  state = next;
  for (const handler of stateHandlers) handler(state);
}

// Keeps the board of markets live: one socket, every message full state, so a missed one does no harm.

const SPARK_POINTS = 120; // one minute of cycles
const LONGEST_WAIT_MS = 15000;
const STALE_AFTER_MS = 2000; // two heartbeats of the stream

const board = document.getElementById("exchange");
const connection = document.getElementById("connection");
const cards = new Map([...board.querySelectorAll("[data-biome]")].map((card) => [card.dataset.biome, card]));
const sparks = new Map([...cards.keys()].map((biome) => [biome, []]));
const money = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0, signDisplay: "exceptZero" });
const percent = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

let failures = 0;
let quiet;

function connect() {
  const socket = new WebSocket(board.dataset.streamUrl);
  const subscribe = () => {
    socket.send(JSON.stringify({ action: "subscribe_biome_market", room: "biome_market_all" }));
  };
  socket.onopen = subscribe;
  socket.onmessage = ({ data }) => {
    failures = 0;
    // Whatever it is, the stream moves: a heartbeat comes each second, from the same reader as the events.
    show("live");
    clearTimeout(quiet);
    quiet = setTimeout(() => show("stale"), STALE_AFTER_MS);
    const event = JSON.parse(data);
    if (event.type === "resync") subscribe();
    receive(event);
  };
  socket.onclose = () => {
    clearTimeout(quiet);
    show("reconnecting");
    // Exponential, with jitter: a thousand pages do not come back in the same instant.
    const waitMs = Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures++) * (0.5 + Math.random() / 2);
    setTimeout(connect, waitMs);
  };
}

function receive(event) {
  if (event.type === "biome_market_snapshot" || event.type === "biome_market_update") {
    document.getElementById("cycle").textContent = event.cycle ?? "–";
    event.markets.forEach(showMarket);
    (event.redistributions ?? []).forEach(showRedistribution);
  } else if (event.type === "biome_trade") {
    showPrice(event.biome, event.price_after);
  }
}

function show(state) {
  if (connection.dataset.state === state) return;
  connection.dataset.state = state;
  connection.textContent = state;
}

function showMarket({ biome, price }) {
  showPrice(biome, price);
  const points = sparks.get(biome);
  points.push(Number(price));
  if (points.length > SPARK_POINTS) points.shift();
  draw(cards.get(biome).querySelector("polyline"), points);
}

function showPrice(biome, price) {
  const cell = cards.get(biome).querySelector('[data-value="price"]');
  cell.textContent = money.format(price);
  cell.title = `${price} BDT a share`;
}

function showRedistribution({ biome, amount_added_bdt: added, new_attention_weight: weight }) {
  const card = cards.get(biome);
  const change = card.querySelector('[data-value="change"]');
  const amount = Number(added);
  change.dataset.direction = amount > 0 ? "up" : amount < 0 ? "down" : "none";
  change.textContent = `${amount > 0 ? "▲ " : amount < 0 ? "▼ " : ""}${whole.format(amount)} BDT`;
  change.title = `${added} BDT`;
  card.querySelector('[data-value="attention"]').textContent = percent.format(weight);
  card.querySelector('[data-value="meter"]').value = weight;
}

function draw(line, points) {
  const low = Math.min(...points);
  const span = Math.max(...points) - low || 1;
  const step = 120 / (SPARK_POINTS - 1);
  const start = 120 - (points.length - 1) * step;
  line.setAttribute("points", points.map((p, i) => `${start + i * step},${30 - ((p - low) / span) * 28}`).join(" "));
}

connect();

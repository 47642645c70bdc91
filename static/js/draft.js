// What stands in the order ticket survives signing in and the way to another market: in this tab, until it was traded.

const KEY = "order";
const NAMES = ["side", "by", "sell_by", "tolerance", "spend", "shares", "receive"];
const AMOUNTS = NAMES.slice(4);

/** Keep what stands in the inputs. */
export function keepDraft(fields) {
  const draft = Object.fromEntries(NAMES.map((name) => [name, fields[name].value]));
  // A part is of this market.
  if (fields.part.value) for (const name of AMOUNTS) draft[name] = "";
  inStorage((storage) => storage.setItem(KEY, JSON.stringify(draft)));
}

/** Fill the inputs with what was kept, unless the address fills them or the page shows an order. */
export function restoreDraft(fields) {
  const address = new URLSearchParams(location.search);
  if ([...NAMES, "part", "traded"].some((name) => address.has(name)) || AMOUNTS.some((name) => fields[name].value)) return;
  const draft = inStorage((storage) => JSON.parse(storage.getItem(KEY)));
  if (!draft) return;
  // Whoever has typed nothing begins with a buy.
  const names = AMOUNTS.some((name) => draft[name]) ? NAMES : ["tolerance"];
  for (const name of names) if (typeof draft[name] === "string") fill(fields[name], draft[name]);
}

function fill(field, value) {
  const choices = field instanceof RadioNodeList ? [...field].map((choice) => choice.value) : [value];
  if (choices.includes(value)) field.value = value;
}

/** A browser may forbid it, and then nothing is kept. */
function inStorage(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}

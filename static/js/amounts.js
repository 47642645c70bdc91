// Amounts as people type them: "0,5", "1,000.50", "1 000". The server reads the same (core/typed_amounts.py).

const DECIMAL_PLACES = 6;
const WHOLE_DIGITS = 13;
const LONGEST_TEXT = 64;

// The zero of each script's digits; the other nine follow it.
const ZEROS = `30 660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90
  1b50 1bb0 1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 ff10 104a0 10d30 11066 110f0 11136 111d0 112f0 11450 114d0 11650
  116c0 11730 118e0 11950 11c50 11d50 11da0 11f50 16a60 16ac0 16b50 1d7ce 1d7d8 1d7e2 1d7ec 1d7f6 1e140 1e2f0 1e4f0 1e950
  1fbf0`.split(/\s+/).map((zero) => parseInt(zero, 16));

const SPACES = /[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
// Marks that set the direction of what was copied, and show nothing.
const UNSEEN = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
const NEGATIVE = /^ *[-\u2010-\u2013\u2212\ufe63\uff0d]/;
const UNIT = "(?:BDT|\u09f3)";
const BODY = "([0-9.,' \u066b\u066c]*[0-9][0-9.,' \u066b\u066c]*?)";
const SHAPE = new RegExp(`^(?!.*${UNIT}.*${UNIT}) *(?:${UNIT} *\\+?|\\+? *${UNIT}?) *${BODY} *${UNIT}? *$`, "i");
const GROUPINGS = [
  /^[0-9]*$/,
  /^[1-9][0-9]{0,2}([.,' \u066c])[0-9]{3}(?:\1[0-9]{3})*$/,
  /^[1-9][0-9]?([,' \u066c])[0-9]{2}(?:\1[0-9]{2})*\1[0-9]{3}$/,
];
const COULD_BE_GROUPED = /^([1-9][0-9]{0,2}),([0-9]{3})$/;
const UNREADABLE = "Write a number in digits, like 1000.50.";

/** Thrown for what is no amount, or could be two: a stable code, and words that show how to write it. */
export class UnreadableAmount extends Error {
  constructor(message, code = "invalid") {
    super(message);
    this.code = code;
  }
}

/** The plain decimal string of an amount of 0 or more: "1.000,50" is "1000.50". Throws UnreadableAmount. */
export function readAmount(text) {
  if ([...text].length > LONGEST_TEXT) throw new UnreadableAmount("This number is too long.");
  const plain = digitsOfOurs(sameSigns(text));
  if (NEGATIVE.test(plain)) throw new UnreadableAmount("Write a number without a minus.");
  const shape = SHAPE.exec(plain);
  if (!shape) throw new UnreadableAmount(UNREADABLE);
  return readBody(shape[1]);
}

const sameSigns = (text) =>
  text
    .replace(SPACES, " ")
    .replace(UNSEEN, "")
    .replace(/[\u2019\u2018\u02bc\uff07]/g, "'")
    .replace(/[\u060c\uff0c]/g, ",")
    .replace(/\uff0e/g, ".")
    .replace(/\uff0b/g, "+");

/** Of two scripts, digits that look alike differ. */
function digitsOfOurs(text) {
  const scripts = new Set();
  const digits = Array.from(text, (letter) => {
    const zero = ZEROS.find((first) => letter.codePointAt(0) >= first && letter.codePointAt(0) < first + 10);
    if (zero === undefined) return letter;
    scripts.add(zero);
    return letter.codePointAt(0) - zero;
  });
  if (scripts.size > 1) throw new UnreadableAmount("Write all digits in one script.");
  return digits.join("");
}

function readBody(body) {
  const mark = decimalMark(body);
  const end = mark ? body.lastIndexOf(mark) : body.length;
  const [grouped, places] = [body.slice(0, end), body.slice(end + 1)];
  if (!/^[0-9]*$/.test(places) || !GROUPINGS.some((grouping) => grouping.test(grouped))) {
    throw new UnreadableAmount(UNREADABLE);
  }
  const whole = grouped.replace(/[^0-9]/g, "").replace(/^0+/, "") || "0";
  if (places.length > DECIMAL_PLACES) throw new UnreadableAmount(`Write at most ${DECIMAL_PLACES} decimal places.`);
  if (whole.length > WHOLE_DIGITS) throw new UnreadableAmount("This number is too long.");
  return places ? `${whole}.${places}` : whole;
}

/** The sign before the decimals, "" where there are none. */
function decimalMark(body) {
  if (body.includes("\u066b")) return "\u066b";
  const [points, commas] = [".", ","].map((mark) => body.split(mark).length - 1);
  if (points && commas) return body.lastIndexOf(".") > body.lastIndexOf(",") ? "." : ",";
  if (points === 1) return ".";
  if (commas !== 1) return "";
  const either = COULD_BE_GROUPED.exec(body);
  if (!either) return ",";
  const [, whole, rest] = either;
  throw new UnreadableAmount(
    `${body} can be read in two ways. Write ${whole}${rest} or ${whole}.${rest}.`,
    "ambiguous_amount",
  );
}

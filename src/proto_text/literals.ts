/**
 * Values as `.proto` text writes them: strings, bytes and floating point numbers.
 *
 * @module
 */

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "\\": "\\\\",
};

/** What a default of a bytes field is made of: an escape sequence, or one character. */
const ESCAPED_PIECE = /\\[\s\S]|[\s\S]/g;

/** Above this a whole number is written with its exponent, as an integer has 64 bits at most. */
const MAX_WHOLE = 1e15;

/** Digits after which every `float` is told from its neighbours. */
const FLOAT_DIGITS = 9;

/** Quotes a string. What is printable stays as it is. */
export function quote(text: string): string {
  // deno-lint-ignore no-control-regex
  return `"${text.replace(/[\x00-\x1f\x7f"\\]/g, escape)}"`;
}

/** Quotes bytes: ASCII that is printable as it is, all else in octal. */
export function quoteBytes(bytes: Uint8Array): string {
  return `"${Array.from(bytes, (byte) => escape(String.fromCharCode(byte))).join("")}"`;
}

/**
 * Quotes the default of a bytes field, which compilers keep escaped. Its sequences stay as they
 * are, for each compiler prefers others.
 */
export function quoteEscaped(text: string): string {
  const pieces = text.match(ESCAPED_PIECE) ?? [];
  return `"${pieces.map((piece) => piece.length > 1 ? piece : escape(piece)).join("")}"`;
}

/** Writes a `double`, or the shortest number that is the same `float`. */
export function floatLiteral(value: number, isSingle: boolean): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const shortest = isSingle ? shortestFloat(Math.fround(value)) : value;
  return Number.isInteger(shortest) && Math.abs(shortest) >= MAX_WHOLE
    ? shortest.toExponential()
    : String(shortest);
}

function shortestFloat(value: number): number {
  for (let digits = 1; digits < FLOAT_DIGITS; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return Number(value.toPrecision(FLOAT_DIGITS));
}

function escape(character: string): string {
  const code = character.charCodeAt(0);
  const isPlain = code >= 0x20 && code < 0x7f;
  return ESCAPES[character] ??
    (isPlain ? character : `\\${code.toString(8).padStart(3, "0")}`);
}

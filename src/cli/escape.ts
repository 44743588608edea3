/**
 * What others sent, made fit to be printed: a terminal obeys control characters, and shows text that
 * turns its direction as something else than it is.
 *
 * @module
 */

/** Controls of C0 and C1, DEL, line and paragraph separators, and what turns the direction. */
// deno-lint-ignore no-control-regex
const DANGEROUS = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Escapes all that could do harm, as in a string of JSON. */
export function escapeText(text: string): string {
  return text.replace(DANGEROUS, toEscape);
}

/**
 * Escapes what may stand in JSON, and could do harm. It stays the same JSON; the line breaks and blanks
 * between its parts stay, too.
 */
export function escapeJson(json: string): string {
  return json.replace(DANGEROUS, (char) => char === "\n" ? char : toEscape(char));
}

function toEscape(char: string): string {
  if (char === "\n") return "\\n";
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * Texts of others, as a terminal may get them.
 *
 * @module
 */

/** Controls, marks that turn the direction of text or are not seen, and ends of lines and paragraphs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text with what a terminal would act upon, or nobody sees, written out as `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

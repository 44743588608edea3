/**
 * JSON values out of text that comes piece by piece: one after the other, with or without line breaks
 * between them. Where a value ends is told here, what it is by `JSON.parse()`.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";

const BLANK = /\s/;

/** The text of each value, as soon as it is complete. */
export async function* splitJson(
  pieces: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<string, void> {
  const splitter = new Splitter();
  for await (const piece of pieces) yield* splitter.push(piece);
  yield* splitter.end();
}

class Splitter {
  #text = "";
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** In a number or a word, which ends where something else begins. */
  #isInWord = false;

  *push(piece: string): Generator<string, void> {
    let start = 0;
    for (let i = 0; i < piece.length; i++) {
      const char = piece[i]!;
      if (this.#isInString) {
        this.#stepInString(char);
        if (!this.#isInString && this.#depth === 0) {
          yield this.#take(piece.slice(start, start = i + 1));
        }
      } else if (char === '"' || char === "{" || char === "[") {
        if (this.#isInWord && this.#depth === 0) yield this.#take(piece.slice(start, start = i));
        if (char === '"') this.#isInString = true;
        else this.#depth++;
      } else if (char === "}" || char === "]") {
        if (this.#depth > 0) this.#depth--;
        if (this.#depth === 0) yield this.#take(piece.slice(start, start = i + 1));
      } else if (this.#depth === 0) {
        if (!BLANK.test(char)) this.#isInWord = true;
        else if (this.#isInWord) yield this.#take(piece.slice(start, start = i));
        else start = i + 1;
      }
    }
    this.#text += piece.slice(start);
  }

  *end(): Generator<string, void> {
    if (this.#isInString || this.#depth > 0) {
      throw new ConfigError(`Cannot read JSON that is cut off: ${shorten(this.#text.trim())}`);
    }
    if (this.#isInWord) yield this.#take("");
  }

  #take(rest: string): string {
    const value = this.#text + rest;
    this.#text = "";
    this.#isInWord = false;
    return value;
  }

  #stepInString(char: string): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (char === "\\") this.#isEscaped = true;
    else if (char === '"') this.#isInString = false;
  }
}

/** As much of a text as an error shows. */
export function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60).toWellFormed()}...`;
}

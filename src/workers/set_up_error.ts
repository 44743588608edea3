/**
 * An error in the set-up of a worker as its supervisor throws it: with the name and the words that it
 * would have without workers.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";

/** An error in words. */
export interface ErrorWords {
  readonly name: string;
  readonly message: string;
}

const KINDS: Readonly<Record<string, new (message: string) => Error>> = {
  ConfigError,
  TypeError,
  RangeError,
};

/** An error in words. */
export function toWords(error: unknown): ErrorWords {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const isKnown = Object.hasOwn(KINDS, error.name);
  // Of those that nobody foresaw one wants to know where they come from.
  return { name: error.name, message: isKnown ? error.message : error.stack ?? error.message };
}

/** The error of these words. */
export function toError({ name, message }: ErrorWords): Error {
  const Kind = Object.hasOwn(KINDS, name) ? KINDS[name]! : Error;
  return new Kind(message);
}

/**
 * Remedies for names that are misspelt.
 *
 * @module
 */

import { closestMatch } from "./deps/leven.ts";

/** A remedy for a name that is not one of those known: the nearest of them, or all. */
export function suggest(name: string, known: readonly string[]): string {
  const nearest = closestMatch(name, known, { maxDistance: Math.max(2, name.length / 3) });
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  return `known are ${known.map((each) => `"${each}"`).join(", ") || "none"}`;
}

/**
 * The header `baggage`, by which W3C's propagator hands on what callers of callers have said.
 *
 * @module
 */

/** Whether each `%` in it begins what stands for a character: Deno's propagator throws otherwise. */
export function isDecodable(baggage: string): boolean {
  try {
    decodeURIComponent(baggage);
    return true;
  } catch {
    return false;
  }
}

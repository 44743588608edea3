/**
 * Property-based tests: how often a property is tried, and what random texts and bytes look like. A
 * failure prints the seed and the smallest example; `PROPERTY_SEED=<n>` tries that seed again, and
 * `PROPERTY_RUNS=<n>` tries n times as much as an ordinary run does.
 *
 * @module
 */

import fc from "fast-check";

const FACTOR = Number(Deno.env.get("PROPERTY_RUNS") ?? 1);
const SEED = Deno.env.get("PROPERTY_SEED");

/** Tries a property without input or output so often. */
export function checkProperty<T>(property: fc.IProperty<T>, runs: number = 1000): void {
  fc.assert(property, parametersOf(runs));
}

/** Tries a property that calls a server so often. */
export async function checkAsyncProperty<T>(
  property: fc.IAsyncProperty<T>,
  runs: number = 100,
): Promise<void> {
  await fc.assert(property, parametersOf(runs));
}

function parametersOf<T>(runs: number): fc.Parameters<T> {
  return {
    numRuns: runs * FACTOR,
    // What is found is made smaller for so long: a failure is not to take minutes.
    ...(FACTOR === 1 && { interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true }),
    ...(SEED !== undefined && { seed: Number(SEED) }),
  };
}

/** Any text that JavaScript can hold: words, all of Unicode, and halves of surrogate pairs. */
export const ANY_TEXT: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
);

/** Any text that HTTP takes for the value of a field: blanks at its ends are not part of it. */
export const FIELD_VALUE: fc.Arbitrary<string> = fc.string({ unit: "grapheme-ascii" })
  .map((text) => text.trim());

/** Any bytes. */
export const BYTES: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.uint8Array({ maxLength: 100 });

/** Cuts bytes into pieces, at random places; some of them may be empty. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = places.map((place) => place % (bytes.byteLength + 1)).sort((a, b) => a - b);
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.byteLength));
}

/** Places for {@linkcode cut}. */
export const PLACES: fc.Arbitrary<number[]> = fc.array(fc.nat(), { maxLength: 12 });

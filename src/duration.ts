/**
 * Lengths of time as users write them, and as milliseconds inside. Moments are `deadline.ts`'s.
 *
 * @module
 */

/**
 * A length of time: a number of **seconds**, a string with its unit (`"250ms"`, `"5s"`, `"1m"`,
 * `"2h"`, `"1d"`), or a `Temporal.Duration`. It is greater than 0; `Infinity` means no limit.
 */
export type Duration = number | string | Temporal.Duration;

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** How a text says a duration. */
export const DURATION_TEXT: RegExp = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;

/** What to write for a duration. */
export const DURATION_WANTED: string =
  `a number of seconds such as 5, or a string such as "250ms", "5s" or "1m"`;

/**
 * Turns a {@linkcode Duration} into milliseconds.
 *
 * @param name Of the option, for the error's text.
 * @returns Milliseconds, greater than 0, or `Infinity`.
 * @throws {TypeError} If the value is no number, string or `Temporal.Duration`.
 * @throws {RangeError} If it is zero, negative, `NaN`, has no unit, or an unknown one.
 */
export function resolveDuration(name: string, value: Duration): number {
  const ms = toMs(name, value);
  if (ms > 0) return ms;
  throw new RangeError(
    `Cannot use ${
      describe(value)
    } as "${name}": a duration must be greater than 0, ${DURATION_WANTED}`,
  );
}

/** Writes milliseconds the way a {@linkcode Duration} is written: `500ms`, `5s`, `1.5s`. */
export function formatDuration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms * 1000) / 1000}ms` : `${Math.round(ms) / 1000}s`;
}

function toMs(name: string, value: Duration): number {
  if (typeof value === "number") return value * 1000;
  if (typeof value === "string") return textToMs(name, value);
  // Node 24 has no Temporal.
  if (globalThis.Temporal && value instanceof Temporal.Duration) return temporalToMs(name, value);
  throw new TypeError(
    `Cannot use ${describe(value)} as "${name}": a duration is ${DURATION_WANTED}`,
  );
}

function textToMs(name: string, text: string): number {
  const [, digits, unit] = DURATION_TEXT.exec(text.trim()) ?? [];
  if (digits !== undefined && unit !== undefined) return Number(digits) * MS_PER_UNIT[unit]!;
  throw new RangeError(`Cannot use "${text}" as "${name}": a duration is ${DURATION_WANTED}`);
}

function temporalToMs(name: string, value: Temporal.Duration): number {
  try {
    return value.total("milliseconds");
  } catch (cause) {
    throw new RangeError(
      `Cannot use ${value} as "${name}": years, months and weeks have no fixed length, use days or less`,
      { cause },
    );
  }
}

function describe(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : String(value);
}

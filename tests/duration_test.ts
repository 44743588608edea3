import { assertEquals, assertThrows } from "@std/assert";
import { type Duration, formatDuration, resolveDuration } from "../src/duration.ts";

const VALID: readonly [Duration, number][] = [
  [5, 5000],
  [0.25, 250],
  [Infinity, Infinity],
  ["250ms", 250],
  ["5s", 5000],
  ["1.5s", 1500],
  ["1m", 60_000],
  ["2h", 7_200_000],
  ["60d", 5_184_000_000],
  [" 5 s ", 5000],
  [Temporal.Duration.from({ seconds: 5 }), 5000],
  [Temporal.Duration.from("PT1M30S"), 90_000],
  [Temporal.Duration.from({ days: 1 }), 86_400_000],
];

for (const [value, ms] of VALID) {
  Deno.test(`resolveDuration() takes ${JSON.stringify(value)}`, () => {
    assertEquals(resolveDuration("timeout", value), ms);
  });
}

const OUT_OF_RANGE: readonly Duration[] = [
  0,
  -1,
  -Infinity,
  NaN,
  "0s",
  "-5s",
  "5",
  "",
  "s",
  "5 minutes",
  "5S",
  "1m30s",
  "1e3s",
  Temporal.Duration.from({ seconds: 0 }),
  Temporal.Duration.from({ seconds: -1 }),
  Temporal.Duration.from({ months: 1 }),
];

for (const value of OUT_OF_RANGE) {
  Deno.test(`resolveDuration() refuses ${String(value) || "an empty text"}`, () => {
    assertThrows(() => resolveDuration("timeout", value), RangeError, `"timeout"`);
  });
}

for (const value of [null, undefined, true, {}, [5], 5n]) {
  Deno.test(`resolveDuration() refuses ${typeof value} ${value} as no duration`, () => {
    assertThrows(
      () => resolveDuration("gracefulTimeout", value as unknown as Duration),
      TypeError,
      `as "gracefulTimeout"`,
    );
  });
}

Deno.test("formatDuration() writes the unit that fits", () => {
  assertEquals([0.5, 250, 1000, 1500, 90_000].map(formatDuration), [
    "0.5ms",
    "250ms",
    "1s",
    "1.5s",
    "90s",
  ]);
});

import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { type Duration, formatDuration, resolveDuration } from "../src/duration.ts";
import { ANY_TEXT, checkProperty } from "./support/properties.ts";

const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT = fc.constantFrom(...Object.keys(MS) as (keyof typeof MS)[]);

/** Milliseconds, or the class of the error. */
function resolve(value: unknown): number | string {
  try {
    return resolveDuration("timeout", value as Duration);
  } catch (error) {
    return (error as Error).name;
  }
}

function isError(outcome: number | string): boolean {
  return outcome === "TypeError" || outcome === "RangeError";
}

Deno.test("resolveDuration() makes milliseconds of anything, or says what is wrong with it", () => {
  const text = fc.oneof(ANY_TEXT, fc.stringMatching(/^ ?[-+0-9.e]{0,9} ?(ms|s|m|h|d|S|min)? ?$/));
  checkProperty(
    fc.property(fc.oneof(text, fc.double(), fc.anything()), (value) => {
      const outcome = resolve(value);
      assert(isError(outcome) || Number(outcome) > 0, String(outcome));
    }),
    3000,
  );
});

Deno.test("resolveDuration() reads any number with any unit", () => {
  const digits = fc.stringMatching(/^[0-9]{1,9}(\.[0-9]{1,6})?$/);
  checkProperty(fc.property(digits, UNIT, fc.stringMatching(/^ {0,2}$/), (digits, unit, blanks) => {
    const wanted = Number(digits) * MS[unit];
    const outcome = resolve(`${blanks}${digits}${blanks}${unit}${blanks}`);
    assertEquals(outcome, wanted > 0 ? wanted : "RangeError");
  }));
});

Deno.test("resolveDuration() takes a number for seconds, above 0", () => {
  checkProperty(fc.property(fc.double(), (seconds) => {
    assertEquals(resolve(seconds), seconds * 1000 > 0 ? seconds * 1000 : "RangeError");
  }));
});

Deno.test("resolveDuration() reads what formatDuration() writes, to the millisecond", () => {
  const ms = fc.oneof(fc.nat(10_000), fc.double({ min: 1, max: 1e13, noNaN: true }));
  checkProperty(fc.property(ms, (ms) => {
    fc.pre(ms >= 1);
    const text = formatDuration(ms);
    assert(Math.abs(Number(resolve(text)) - ms) <= (ms < 1000 ? 0.0011 : 0.51 + ms * 1e-15), text);
  }));
});

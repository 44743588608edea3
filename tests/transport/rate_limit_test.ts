import { assertEquals } from "@std/assert";
import { RateLimit } from "../../src/transport/rate_limit.ts";

/** Notes something so many times, on a clock of the test. */
function allowed(times: readonly number[], perSecond: number): number {
  const { now } = performance;
  try {
    performance.now = () => 0;
    const limit = new RateLimit(perSecond);
    return times.filter((at) => {
      performance.now = () => at;
      return limit.take();
    }).length;
  } finally {
    performance.now = now;
  }
}

const evenly = (count: number, everyMs: number) =>
  Array.from({ length: count }, (_, i) => i * everyMs);

Deno.test("RateLimit allows five seconds' worth at once", () => {
  assertEquals(allowed(evenly(1000, 0), 10), 50);
});

Deno.test("RateLimit allows its rate for ever", () => {
  assertEquals(allowed(evenly(10_000, 100), 10), 10_000);
});

Deno.test("RateLimit does not save up more than five seconds' worth", () => {
  assertEquals(allowed([...evenly(50, 0), ...evenly(100, 0).map((at) => at + 3_600_000)], 10), 100);
});

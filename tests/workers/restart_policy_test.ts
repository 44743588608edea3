import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { RestartPolicy } from "../../src/workers/restart_policy.ts";
import { checkProperty } from "../support/properties.ts";

/** A policy at a time that a test sets, with delays that are the longest, or the shortest. */
function createPolicy(random = 1) {
  const clock = { ms: 0 };
  return { clock, policy: new RestartPolicy({ now: () => clock.ms, random: () => random }) };
}

Deno.test("RestartPolicy doubles the delay each time, and gives up at the fifth end", () => {
  for (const [random, delays] of [[1, [200, 400, 800, 1600]], [0, [100, 200, 400, 800]]] as const) {
    const { policy } = createPolicy(random);
    assertEquals(delays.map(() => policy.next(0)), [...delays]);
    assertEquals(policy.next(0), undefined);
  }
});

Deno.test("RestartPolicy begins anew when a worker has lasted for 10 s", () => {
  const { policy } = createPolicy();
  for (let i = 0; i < 4; i++) policy.next(9999);
  for (let i = 0; i < 20; i++) assertEquals(policy.next(10_000), 200);
});

Deno.test("RestartPolicy forgets what was a minute ago", () => {
  const { clock, policy } = createPolicy();
  for (let i = 0; i < 100; i++) {
    assertEquals(policy.next(0), [200, 400, 800, 1600][Math.min(i, 3)]);
    clock.ms += 15_001;
  }
  const quick = createPolicy();
  for (let i = 0; i < 4; i++) {
    quick.policy.next(0);
    quick.clock.ms += 14_999;
  }
  assertEquals(quick.policy.next(0), undefined);
});

Deno.test("RestartPolicy delays by at least half of what it may, and at most by all of it", () => {
  const ends = fc.array(fc.record({
    readyForMs: fc.nat({ max: 20_000 }),
    passedMs: fc.nat({ max: 70_000 }),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  }));
  checkProperty(fc.property(ends, (all) => {
    let now = 0;
    let random = 0;
    const policy = new RestartPolicy({ now: () => now, random: () => random });
    for (const end of all) {
      now += end.passedMs;
      random = end.random;
      const delayMs = policy.next(end.readyForMs);
      if (delayMs === undefined) continue;
      assertEquals(delayMs >= 100 && delayMs <= 10_000, true);
    }
  }));
});

import { assert, assertEquals, assertFalse } from "@std/assert";
import { Deadline, resolveTimeoutMs, type TimeoutLayers } from "../src/deadline.ts";
import { captureTimers } from "./support/captured_timers.ts";
import { eventually } from "./support/waiting.ts";

const DAY_MS = 86_400_000;

const LAYERS: readonly [TimeoutLayers, number | undefined, number][] = [
  [{}, undefined, Infinity],
  [{}, 7, 7],
  [{ globalMs: 30 }, undefined, 30],
  [{ globalMs: 30, serviceMs: 20 }, undefined, 20],
  [{ globalMs: 30, serviceMs: 20, methodMs: 10 }, undefined, 10],
  // The nearer layer holds, not the shorter one.
  [{ globalMs: 10, serviceMs: 20, methodMs: 30 }, undefined, 30],
  [{ globalMs: 10, serviceMs: 20 }, undefined, 20],
  [{ globalMs: 10, methodMs: Infinity }, undefined, Infinity],
  [{ globalMs: 10, serviceMs: Infinity }, undefined, Infinity],
  // The client may shorten it, and not lengthen it.
  [{ globalMs: 30 }, 5, 5],
  [{ globalMs: 30 }, 50, 30],
  [{ globalMs: 30, methodMs: Infinity }, 50, 50],
  [{ globalMs: 30 }, 0, 0],
];

for (const [layers, clientMs, expected] of LAYERS) {
  const inputs = Object.entries(layers).map(([layer, ms]) => `${layer} ${ms}`);
  if (clientMs !== undefined) inputs.push(`client ${clientMs}`);
  Deno.test(`resolveTimeoutMs() makes ${expected} of ${inputs.join(", ") || "nothing"}`, () => {
    assertEquals(resolveTimeoutMs(layers, clientMs), expected);
  });
}

Deno.test("Deadline of Infinity never passes and needs no timer", () => {
  using timers = captureTimers();
  const deadline = new Deadline(Infinity);
  const stop = deadline.onPass(() => {});
  assertEquals(deadline.remainingMs, Infinity);
  assertFalse(deadline.passed);
  assertEquals(timers.pending, []);
  stop();
});

Deno.test("Deadline of 0 has passed", () => {
  const deadline = new Deadline(0);
  assert(deadline.passed);
  assertEquals(deadline.remainingMs, 0);
});

for (const days of [24, 25, 365, 4_000_000]) {
  Deno.test(`Deadline in ${days} days is not taken for one that has passed`, async () => {
    using timers = captureTimers();
    let called = false;
    const deadline = new Deadline(days * DAY_MS);
    const stop = deadline.onPass(() => called = true);
    // A timer that overflows fires after 1 ms.
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertFalse(called);
    assert(deadline.remainingMs > (days - 1) * DAY_MS);
    assertEquals(timers.pending.length, 1);
    assert(timers.pending.every((ms) => ms <= 2 ** 31 - 1));
    stop();
    assertEquals(timers.pending, []);
  });
}

Deno.test("Deadline.onPass() calls back once, when the deadline has passed", async () => {
  const deadline = new Deadline(5);
  const passedWhenCalled: boolean[] = [];
  deadline.onPass(() => passedWhenCalled.push(deadline.passed));
  await eventually("the callback", () => passedWhenCalled.length > 0);
  assertEquals(passedWhenCalled, [true]);
});

Deno.test("Deadline.onPass() can be called off", async () => {
  let called = false;
  const stop = new Deadline(5).onPass(() => called = true);
  stop();
  await new Promise((resolve) => setTimeout(resolve, 15));
  assertFalse(called);
});

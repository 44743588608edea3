import { assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import * as fc from "fast-check";
import { type HeapTimer, startTimer, stopTimer, timerCount } from "../src/timer_heap.ts";
import { captureTimers } from "./support/captured_timers.ts";
import { checkAsyncProperty } from "./support/properties.ts";

/** Starts timers, stops some of them, and tells in which order the rest fired. */
async function run(timers: readonly { afterMs: number; isStopped: boolean }[]): Promise<number[]> {
  const startedAt = performance.now();
  const fired: number[] = [];
  const started: HeapTimer[] = timers.map(({ afterMs }) =>
    startTimer(startedAt + afterMs, () => fired.push(afterMs))
  );
  timers.forEach(({ isStopped }, index) => isStopped && stopTimer(started[index]!));
  const left = timers.filter(({ isStopped }) => !isStopped).length;
  while (fired.length < left) await new Promise((resolve) => setTimeout(resolve, 1));
  return fired;
}

Deno.test("startTimer() fires what was not stopped, in the order in which it is due", async () => {
  const timer = fc.record({ afterMs: fc.nat(12), isStopped: fc.boolean() });
  await checkAsyncProperty(
    fc.asyncProperty(fc.array(timer, { maxLength: 300 }), async (timers) => {
      const before = timerCount();
      const expected = timers.filter(({ isStopped }) => !isStopped).map(({ afterMs }) => afterMs);
      assertEquals(await run(timers), expected.toSorted((a, b) => a - b));
      assertEquals(timerCount(), before);
    }),
    30,
  );
});

Deno.test("startTimer() uses one timer of the platform, and none when all are stopped", () => {
  using platform = captureTimers();
  const timers = [5000, 1000, 3000].map((ms) => startTimer(performance.now() + ms, () => {}));
  assertEquals(platform.pending.length, 1);
  assertGreaterOrEqual(1000, platform.pending[0]!);
  timers.forEach(stopTimer);
  assertEquals(platform.pending, []);
});

Deno.test("startTimer() leaves no timer behind for what was stopped, when the last one fires", async () => {
  using platform = captureTimers();
  const stopped = startTimer(performance.now() + 5000, () => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  startTimer(performance.now() + 5, resolve);
  stopTimer(stopped);
  await promise;
  // Told in the midst of what the timer does.
  await new Promise((resolve) => setImmediate(resolve));
  assertEquals(platform.pending, []);
});

Deno.test("stopTimer() clears any number of timers away", () => {
  const before = timerCount();
  const at = performance.now() + 60_000;
  const timers = Array.from({ length: 400_000 }, (_, i) => startTimer(at + i, () => {}));
  for (let i = 0; i < timers.length; i += 2) stopTimer(timers[i]!);
  stopTimer(timers[1]!);
  assertEquals(timerCount(), before + 199_999);
  timers.forEach(stopTimer);
  assertEquals(timerCount(), before);
});

Deno.test("startTimer() does not fire before its time, nor what is too far for the platform", async () => {
  const far = startTimer(performance.now() + 2 ** 40, () => {
    throw new Error("fired");
  });
  const at = performance.now() + 5;
  const firedAt = await new Promise<number>((resolve) =>
    startTimer(at, () => resolve(performance.now()))
  );
  assertGreaterOrEqual(firedAt, at);
  stopTimer(far);
});

Deno.test("stopTimer() does nothing to a timer that has fired, or was stopped", async () => {
  const before = timerCount();
  const fired = await new Promise<HeapTimer>((resolve) => {
    const timer: HeapTimer = startTimer(performance.now(), () => resolve(timer));
  });
  stopTimer(fired);
  const stopped = startTimer(performance.now() + 1000, () => {});
  stopTimer(stopped);
  stopTimer(stopped);
  assertEquals(timerCount(), before);
});

Deno.test("stopTimer() lets go of timers that would fire in a long time", () => {
  const kept = startTimer(performance.now() + 3_600_000, () => {});
  const started = Array.from(
    { length: 10_000 },
    () => new WeakRef(startTimer(performance.now() + 3_600_000, () => {})),
  );
  for (const timer of started) stopTimer(timer.deref()!);
  assertLess(timerCount(), 2);
  stopTimer(kept);
});

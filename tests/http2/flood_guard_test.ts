import { assertEquals, assertThrows } from "@std/assert";
import { FloodGuard } from "../../src/http2/flood_guard.ts";
import { ERROR, Http2Error } from "../../src/http2/frames.ts";

/** How often something may be done. */
function patience(act: (guard: FloodGuard, count: number) => void): number {
  const guard = new FloodGuard();
  let count = 0;
  const error = assertThrows(() => {
    for (; count < 100_000; count++) act(guard, count);
  }, Http2Error) as Http2Error;
  assertEquals(error.code, ERROR.enhanceYourCalm);
  return count;
}

Deno.test("FloodGuard ends floods", () => {
  assertEquals(patience((guard) => guard.noteIdleFrame()), 9999);
  assertEquals(patience((guard) => guard.noteAnswer(true)), 9999);
  assertEquals(patience((guard) => guard.noteAnswer(false)), 1000);
  assertEquals(patience((guard) => guard.noteRefused()), 1000);
});

Deno.test("FloodGuard begins anew with each request", () => {
  const guard = new FloodGuard();
  for (let i = 0; i < 100_000; i++) {
    if (i % 500 === 0) guard.noteRequest();
    guard.noteIdleFrame();
    guard.noteRefused();
  }
});

Deno.test("FloodGuard makes answers for a client that takes them now and then", () => {
  const guard = new FloodGuard();
  for (let i = 0; i < 5000; i++) guard.noteAnswer(i % 900 === 0);
});

Deno.test("FloodGuard takes many frames over a long time", () => {
  const { now } = performance;
  let ms = now.call(performance);
  performance.now = () => ms += 2;
  try {
    const guard = new FloodGuard();
    for (let i = 0; i < 100_000; i++) {
      guard.noteIdleFrame();
      performance.now();
    }
  } finally {
    performance.now = now;
  }
});

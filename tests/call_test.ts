import { Code, ConnectError } from "@connectrpc/connect";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { Call } from "../src/call.ts";
import type { MethodSpec } from "../src/service.ts";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { timerCount } from "../src/timer_heap.ts";
import { block } from "./support/stalling.ts";
import { eventually } from "./support/waiting.ts";

const METHOD: MethodSpec = {
  desc: Greeter.method.chat,
  path: "/greeter.v1.Greeter/Chat",
  handler: () => {},
  timeoutMs: Infinity,
  timeouts: {},
  endOnDrain: false,
  standalone: false,
  interceptors: [],
};
const PEER = { address: "127.0.0.1", port: 1, encrypted: false, certificate: undefined };
const REASON = new ConnectError("gone", Code.Canceled);
const HOUR_MS = 3_600_000;

function startCall(timeoutMs = Infinity): Call {
  return new Call({ method: METHOD, protocol: "grpc", peer: PEER, timeoutMs });
}

Deno.test("Call.race() passes the result on, and the error", async () => {
  const call = startCall();
  assertEquals(await call.race(Promise.resolve(7)), 7);
  await assertRejects(() => call.race(Promise.reject(new TypeError("x"))), TypeError, "x");
});

Deno.test("Call.race() leaves work behind when the deadline passes", async () => {
  const call = startCall(5);
  const error = await assertRejects(() => call.race(new Promise(() => {})), ConnectError);
  assertEquals(error.code, Code.DeadlineExceeded);
  assertEquals(error.rawMessage, "deadline exceeded after 5ms");
  assertStrictEquals(call.signal.reason, error);
  assertStrictEquals(call.endReason, error);
});

Deno.test("Call.race() handles what goes wrong after the call has ended", async () => {
  const call = startCall();
  const late = Promise.withResolvers<void>();
  const early = call.race(late.promise);
  call.cancel(REASON);
  await assertRejects(() => early, ConnectError, "gone");
  late.reject(new Error("late"));
  await assertRejects(() => call.race(Promise.reject(new Error("later"))), ConnectError, "gone");
  // An unhandled rejection would fail the test here.
  await new Promise((resolve) => setTimeout(resolve));
});

Deno.test("Call.race() waits for nothing once the call is over", async () => {
  const call = startCall();
  call.finish();
  const error = await assertRejects(() => call.race(new Promise(() => {})), ConnectError);
  assertEquals([error.code, error.rawMessage], [Code.Canceled, "the call is over"]);
  await assertRejects(() => call.race(Promise.reject(new Error("late"))), ConnectError);
});

Deno.test("Call.check() asks the clock, for a busy event loop runs no timer", () => {
  const call = startCall(5);
  call.check();
  block(6);
  const error = assertThrows(() => call.check(), ConnectError);
  assertEquals(error.code, Code.DeadlineExceeded);
  assert(call.signal.aborted);
});

Deno.test("Call.cancel() counts once, and not after the end", () => {
  const call = startCall();
  call.cancel(REASON);
  call.cancel(new ConnectError("second", Code.Unavailable));
  assertStrictEquals(call.endReason, REASON);
  const finished = startCall();
  finished.finish();
  finished.cancel(REASON);
  assertEquals(finished.endReason, undefined);
  // So that work which is left behind can stop.
  assert(finished.signal.aborted);
  assertStrictEquals(finished.signal.reason instanceof ConnectError, true);
});

for (const end of ["finish", "cancel"] as const) {
  Deno.test(`Call.${end}() leaves no timer, and nobody who waits`, async () => {
    const before = timerCount();
    const call = startCall(HOUR_MS);
    const waiting = call.race(new Promise(() => {}));
    assertEquals(timerCount(), before + 1);
    call[end](REASON);
    assertEquals(timerCount(), before);
    await assertRejects(() => waiting, ConnectError);
  });
}

Deno.test("Call.guard() hands everything on, and the end", async () => {
  async function* source() {
    yield 1;
    yield 2;
  }
  assertEquals(await Array.fromAsync(startCall().guard(source())), [1, 2]);
});

Deno.test("Call.guard() passes an error of its source on", async () => {
  // deno-lint-ignore require-yield
  async function* source() {
    throw new TypeError("x");
  }
  await assertRejects(() => Array.fromAsync(startCall().guard(source())), TypeError, "x");
});

Deno.test("Call.guard() asks for nothing once the deadline has passed", async () => {
  const call = startCall(5);
  let asked = 0;
  async function* source() {
    while (true) yield asked++;
  }
  await assertRejects(
    async () => {
      for await (const _ of call.guard(source())) block(6);
    },
    ConnectError,
    "deadline exceeded",
  );
  assertEquals(asked, 1);
});

for (const last of ["a message", "the end"]) {
  Deno.test(`Call.guard() keeps ${last} back that comes after the deadline`, async () => {
    const call = startCall(5);
    async function* source() {
      await Promise.resolve();
      block(6);
      if (last === "a message") yield 1;
    }
    const received: number[] = [];
    await assertRejects(
      async () => {
        for await (const each of call.guard(source())) received.push(each);
      },
      ConnectError,
      "deadline exceeded",
    );
    assertEquals(received, []);
  });
}

Deno.test("Call.guard() stops its source when the call ends, once that is free", async () => {
  const call = startCall();
  const busy = Promise.withResolvers<void>();
  let stopped = false;
  async function* source() {
    try {
      await busy.promise;
      yield 1;
    } finally {
      stopped = true;
    }
  }
  const reading = Array.fromAsync(call.guard(source()));
  call.cancel(REASON);
  await assertRejects(() => reading, ConnectError, "gone");
  assertEquals(stopped, false);
  busy.resolve();
  await eventually("the source's finally", () => stopped);
});

Deno.test("Call.guard() stops its source when the reader leaves", async () => {
  let stopped = false;
  async function* source() {
    try {
      while (true) yield 1;
    } finally {
      stopped = true;
    }
  }
  for await (const _ of startCall().guard(source())) break;
  assert(stopped);
});

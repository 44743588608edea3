import { assertEquals, assertThrows } from "@std/assert";
import { HealthStatus, type ServingStatus } from "../src/health_status.ts";

Deno.test("HealthStatus.get() tells what was set, and nothing of a service that never was", () => {
  const health = new HealthStatus();
  health.set("a.A", "NOT_SERVING");
  health.set("", "UNKNOWN");
  assertEquals(health.get("a.A"), "NOT_SERVING");
  assertEquals(health.get(""), "UNKNOWN");
  assertEquals(health.get("b.B"), undefined);
  assertEquals([...health.entries()], [["a.A", "NOT_SERVING"], ["", "UNKNOWN"]]);
  assertEquals(health.size, 2);
});

Deno.test("HealthStatus.set() refuses what is no status", () => {
  const health = new HealthStatus();
  for (const status of ["SERVICE_UNKNOWN", "serving", "", undefined]) {
    assertThrows(
      () => health.set("a.A", status as ServingStatus),
      TypeError,
      `Cannot set status "${status}" of service "a.A": use UNKNOWN, SERVING, NOT_SERVING`,
    );
  }
  assertEquals(health.size, 0);
});

Deno.test("HealthStatus.shutDown() makes everything NOT_SERVING and ignores what is set then", () => {
  const health = new HealthStatus();
  health.set("a.A", "SERVING");
  health.set("b.B", "UNKNOWN");
  health.shutDown();
  health.set("a.A", "SERVING");
  health.set("c.C", "SERVING");
  assertEquals([...health.entries()], [["a.A", "NOT_SERVING"], ["b.B", "NOT_SERVING"]]);
  assertEquals(health.get("a.A"), "NOT_SERVING");
  assertEquals(health.get("c.C"), undefined);
});

Deno.test("HealthStatus.resume() brings back what was set before the shutdown", () => {
  const health = new HealthStatus();
  health.set("a.A", "SERVING");
  health.set("b.B", "NOT_SERVING");
  health.shutDown();
  health.set("b.B", "SERVING");
  health.resume();
  assertEquals([...health.entries()], [["a.A", "SERVING"], ["b.B", "NOT_SERVING"]]);
  health.set("b.B", "SERVING");
  assertEquals(health.get("b.B"), "SERVING");
});

const CHANGES: readonly (readonly [string, (health: HealthStatus, stop: () => void) => void])[] = [
  ["set()", (health) => health.set("a.A", "SERVING")],
  ["shutDown()", (health) => health.shutDown()],
  ["resume()", (health) => health.resume()],
  ["the abortion of its signal", (_health, stop) => stop()],
];
for (const [what, change] of CHANGES) {
  Deno.test(`HealthStatus.changed() resolves with ${what}, for all who wait`, async () => {
    const health = new HealthStatus();
    const controller = new AbortController();
    let woken = 0;
    const waits = [1, 2].map(() => health.changed(controller.signal).then(() => woken++));
    await Promise.resolve();
    assertEquals(woken, 0);
    change(health, () => controller.abort());
    await Promise.all(waits);
  });
}

Deno.test("HealthStatus.changed() does not wait with a signal that is aborted already", async () => {
  await new HealthStatus().changed(AbortSignal.abort());
});

Deno.test("HealthStatus.changed() leaves no listener on its signal", async () => {
  const health = new HealthStatus();
  const { signal, listeners } = countListeners();
  for (let round = 0; round < 1000; round++) {
    const change = health.changed(signal);
    assertEquals(listeners(), 1);
    health.set("a.A", round % 2 === 0 ? "SERVING" : "NOT_SERVING");
    await change;
    assertEquals(listeners(), 0);
  }
});

/** A signal that tells how many listen to it. */
function countListeners(): { signal: AbortSignal; listeners: () => number } {
  const { signal } = new AbortController();
  const listening = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type: string, listener: never) => {
    listening.add(listener);
    addEventListener.call(signal, type, listener);
  };
  signal.removeEventListener = (type: string, listener: never) => {
    listening.delete(listener);
    removeEventListener.call(signal, type, listener);
  };
  return { signal, listeners: () => listening.size };
}

Deno.test("HealthStatus.setElsewhere() lets the worse status hold, and keeps what was set here", () => {
  const health = new HealthStatus();
  health.set("a.A", "SERVING");
  health.set("b.B", "NOT_SERVING");
  health.setElsewhere({ "a.A": "UNKNOWN", "b.B": "SERVING", "c.C": "SERVING" });
  assertEquals([...health.entries()], [
    ["a.A", "UNKNOWN"],
    ["b.B", "NOT_SERVING"],
    ["c.C", "SERVING"],
  ]);
  assertEquals(health.size, 3);
  assertEquals(health.own(), { "a.A": "SERVING", "b.B": "NOT_SERVING" });
  health.shutDown();
  assertEquals(health.get("c.C"), "NOT_SERVING");
  health.resume();
  health.setElsewhere({});
  assertEquals([...health.entries()], [["a.A", "SERVING"], ["b.B", "NOT_SERVING"]]);
});

Deno.test("HealthStatus.setElsewhere() wakes whoever waits for a change", async () => {
  const health = new HealthStatus();
  const changed = health.changed(new AbortController().signal);
  health.setElsewhere({ "a.A": "SERVING" });
  await changed;
});

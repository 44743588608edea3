/**
 * Metrics of the process that need no permission: memory, CPU time, and how late the event loop is.
 *
 * @module
 */

import process from "node:process";
import type { Meter } from "../deps/opentelemetry.ts";
import type { Naming } from "./instruments.ts";

/** How often the event loop is looked at. */
const TICK_MS = 100;

/** In seconds. */
const DELAY_BOUNDARIES = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * Has the process observed whenever somebody wants the metrics, and its event loop all the time.
 *
 * @returns Ends it.
 */
export function observeProcess(meter: Meter, naming: Naming): () => void {
  observeMemory(meter, naming);
  meter.createObservableCounter(naming("process.cpu.time", "s"), {
    unit: "s",
    description: "CPU time taken.",
  }).addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe(user / 1e6, { "cpu.mode": "user" });
    result.observe(system / 1e6, { "cpu.mode": "system" });
  });
  meter.createObservableGauge(naming("process.uptime", "s"), {
    unit: "s",
    description: "For how long the process has been running.",
  }).addCallback((result) => result.observe(process.uptime()));
  return observeEventLoop(meter, naming);
}

function observeMemory(meter: Meter, naming: Naming): void {
  const observe = (name: string, description: string, read: () => number) =>
    meter.createObservableUpDownCounter(naming(name, "By"), { unit: "By", description })
      .addCallback((result) => result.observe(read()));
  observe("process.memory.usage", "Physical memory in use.", () => process.memoryUsage().rss);
  observe(
    "fastgrpc.process.heap.used",
    "Memory in use of JavaScript's heap.",
    () => process.memoryUsage().heapUsed,
  );
}

/** By a timer: Deno's `monitorEventLoopDelay()` has other units than it says, and counts nothing. */
function observeEventLoop(meter: Meter, naming: Naming): () => void {
  const delays = meter.createHistogram(naming("fastgrpc.event_loop.delay", "s"), {
    unit: "s",
    description: "How late the event loop was, looked at ten times a second.",
    advice: { explicitBucketBoundaries: DELAY_BOUNDARIES },
  });
  let expectedAt = performance.now() + TICK_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    delays.record(Math.max(0, now - expectedAt) / 1000);
    expectedAt = now + TICK_MS;
  }, TICK_MS);
  // Nothing waits for it: a number on Node's global is an object.
  (timer as unknown as { unref?(): void }).unref?.();
  return () => clearInterval(timer);
}

/**
 * What is measured: the names, units and attributes of OpenTelemetry's semantic conventions, version
 * 1.45.0, where these have some, and the kit's own below `fastgrpc.`.
 *
 * @module
 */

import type { Histogram, Meter } from "../deps/opentelemetry.ts";

/** The version of the conventions, as those who read what is exported look it up. */
export const SCHEMA_URL = "https://opentelemetry.io/schemas/1.45.0";

/** Whose measurements and spans these are. */
export const SCOPE = "@fastgrpc/fastgrpc";

/** How an instrument is named. Prometheus has the unit among the name. */
export type Naming = (name: string, unit: string) => string;

/** What is asked of a server whenever somebody reads the metrics. */
export interface ServerCounts {
  /** Number of calls in progress. */
  readonly callCount: number;
  /** Number of open connections. */
  readonly connectionCount: number;
}

/** In seconds, as the conventions advise. */
const CALL_BOUNDARIES = [
  ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
];

/** The names of the conventions. */
export const asIs: Naming = (name) => name;

/** The histogram of how long calls take. */
export function createCallDuration(meter: Meter, naming: Naming = asIs): Histogram {
  return meter.createHistogram(naming("rpc.server.call.duration", "s"), {
    unit: "s",
    description: "How long calls took that were served.",
    advice: { explicitBucketBoundaries: CALL_BOUNDARIES },
  });
}

/**
 * Has the counts of a server read whenever somebody wants the metrics.
 *
 * @returns Ends it.
 */
export function observeCounts(
  meter: Meter,
  counts: ServerCounts,
  naming: Naming = asIs,
): () => void {
  const observed = [
    {
      gauge: meter.createObservableUpDownCounter(naming("fastgrpc.server.active_calls", "{call}"), {
        unit: "{call}",
        description: "Calls in progress.",
      }),
      read: () => counts.callCount,
    },
    {
      gauge: meter.createObservableUpDownCounter(
        naming("fastgrpc.server.connections", "{connection}"),
        { unit: "{connection}", description: "Open connections." },
      ),
      read: () => counts.connectionCount,
    },
  ].map(({ gauge, read }) => {
    const callback = (result: { observe(value: number): void }) => result.observe(read());
    gauge.addCallback(callback);
    return () => gauge.removeCallback(callback);
  });
  return () => observed.forEach((end) => end());
}

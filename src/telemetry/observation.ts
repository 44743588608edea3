/**
 * All that is observed of one server: its calls, and what can be counted of it. Loaded where telemetry
 * is on, or metrics are served.
 *
 * @module
 */

import { metrics, trace } from "../deps/opentelemetry.ts";
import type { CallObserver } from "../call_observer.ts";
import { CallTelemetry } from "./call_telemetry.ts";
import {
  createCallDuration,
  observeCounts,
  SCHEMA_URL,
  SCOPE,
  type ServerCounts,
} from "./instruments.ts";
import { observeProcess } from "./process_metrics.ts";

/** What is wanted. */
export interface ObservationOptions {
  /** Spans and metrics for whoever is registered with OpenTelemetry's API. */
  readonly telemetry: boolean;
  /** Metrics for Prometheus. */
  readonly prometheus: boolean;
  /** Is asked whenever metrics are read. */
  readonly counts: ServerCounts;
}

/** A server that is observed. */
export interface Observation {
  /** Is to be told of its calls. */
  readonly observer: CallObserver;
  /** The metrics in Prometheus' text format; empty if they are not wanted. */
  metricsText(): Promise<string>;
  /** Ends it. */
  close(): Promise<void>;
}

/** Begins to observe a server. */
export async function startObservation(options: ObservationOptions): Promise<Observation> {
  const { telemetry, prometheus, counts } = options;
  const durations = [];
  const ends: (() => unknown)[] = [];
  if (telemetry) {
    const meter = metrics.getMeter(SCOPE, undefined, { schemaUrl: SCHEMA_URL });
    durations.push(createCallDuration(meter));
    ends.push(observeCounts(meter, counts));
  }
  let metricsText = () => Promise.resolve("");
  if (prometheus) {
    const { PrometheusMetrics, withUnit } = await import("./prometheus.ts");
    const own = new PrometheusMetrics();
    durations.push(createCallDuration(own.meter, withUnit));
    ends.push(
      observeCounts(own.meter, counts, withUnit),
      observeProcess(own.meter, withUnit),
      () => own.close(),
    );
    metricsText = () => own.text();
  }
  const tracer = telemetry
    ? trace.getTracerProvider().getTracer(SCOPE, undefined, { schemaUrl: SCHEMA_URL })
    : undefined;
  return {
    observer: new CallTelemetry({ tracer, durations }),
    metricsText,
    async close() {
      for (const end of ends) await end();
    },
  };
}

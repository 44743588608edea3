/**
 * Metrics that are kept in this process until Prometheus asks for them. They have a provider of their
 * own, beside the global one, which an SDK or Deno exports from.
 *
 * @module
 */

import type { Meter } from "../deps/opentelemetry.ts";
import { MeterProvider, MetricReader, PrometheusSerializer } from "../deps/prometheus.ts";
import { serverLog } from "../log.ts";
import { type Naming, SCHEMA_URL, SCOPE } from "./instruments.ts";

const SUFFIXES: Readonly<Record<string, string>> = { s: ".seconds", By: ".bytes" };

/** Prometheus has the unit in the name: `rpc_server_call_duration_seconds`. */
export const withUnit: Naming = (name, unit) => name + (SUFFIXES[unit] ?? "");

/** Metrics for Prometheus. */
export class PrometheusMetrics {
  /** Makes the instruments. */
  readonly meter: Meter;

  readonly #reader = new PulledReader();
  readonly #provider: MeterProvider;
  readonly #serializer = new PrometheusSerializer("", false, undefined, true, true);

  constructor() {
    this.#provider = new MeterProvider({ readers: [this.#reader] });
    this.meter = this.#provider.getMeter(SCOPE, undefined, { schemaUrl: SCHEMA_URL });
  }

  /** All of them, in Prometheus' text format. */
  async text(): Promise<string> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    for (const error of errors) serverLog.error("A metric cannot be read: {error}", { error });
    return this.#serializer.serialize(resourceMetrics);
  }

  /** Lets go of them. */
  async close(): Promise<void> {
    await this.#provider.shutdown();
  }
}

/** Reads when it is asked to. */
class PulledReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

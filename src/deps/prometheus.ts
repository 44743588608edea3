/**
 * Third-party code that keeps metrics and writes them as Prometheus reads them, loaded with the admin
 * port.
 *
 * @module
 */

export { PrometheusSerializer } from "npm:@opentelemetry/exporter-prometheus@^0.301.0";
// The very version that the serializer wants: there would be two of it otherwise.
export { MeterProvider, MetricReader } from "npm:@opentelemetry/sdk-metrics@3.1.0";

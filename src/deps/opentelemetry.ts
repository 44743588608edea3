/**
 * OpenTelemetry's API, loaded where calls are observed. Who exports what comes of it is the process's
 * choice: Deno itself, or an SDK.
 *
 * @module
 */

export {
  type Context,
  context,
  type Histogram,
  type Meter,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
  type Tracer,
} from "npm:@opentelemetry/api@^1.9.0";

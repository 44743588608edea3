/**
 * A collector of OpenTelemetry on the loopback, which takes OTLP over HTTP in JSON
 * (https://opentelemetry.io/docs/specs/otlp/), as Deno exports it from other processes.
 *
 * @module
 */

/** A span, as far as tests ask for it. */
export interface CollectedSpan {
  readonly name: string;
  readonly scope: string;
  /** `service.name`. */
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  /** OTLP's number: 2 is a server's, 3 a client's. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** OTLP's number: 2 is an error. */
  readonly status: { readonly code?: number; readonly message?: string };
  readonly events: readonly { readonly name: string; attributes: Record<string, unknown> }[];
}

/** A point of a metric, as far as tests ask for it. */
export interface CollectedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** `service.instance.id`, if it was told. */
  readonly instance?: unknown;
  /** Of a histogram: how many values. */
  readonly count?: number;
  /** Of a histogram. */
  readonly bounds?: readonly number[];
  /** Of what is no histogram. */
  readonly value?: number;
}

/** A collector that listens. */
export interface OtlpCollector extends AsyncDisposable {
  /** What has come so far. */
  readonly spans: CollectedSpan[];
  /** What has come so far, the newest last. */
  readonly points: CollectedPoint[];
  /** Variables by which Deno sends everything here. */
  env(service: string): Record<string, string>;
}

// The fields of OTLP are many, and what is read of them is checked by what tests expect.
// deno-lint-ignore no-explicit-any
type Json = any;

/** Starts a collector. */
export function startCollector(): OtlpCollector {
  const spans: CollectedSpan[] = [];
  const points: CollectedPoint[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const body = await request.json();
      for (const resource of body.resourceSpans ?? []) spans.push(...readSpans(resource));
      for (const resource of body.resourceMetrics ?? []) points.push(...readPoints(resource));
      return Response.json({});
    },
  );
  return {
    spans,
    points,
    env: (service) => ({
      OTEL_DENO: "true",
      OTEL_SERVICE_NAME: service,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_METRIC_EXPORT_INTERVAL: "100",
    }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function readSpans({ resource, scopeSpans }: Json): CollectedSpan[] {
  const service = String(readAttributes(resource.attributes)["service.name"]);
  return scopeSpans.flatMap(({ scope, spans }: Json) =>
    spans.map((span: Json): CollectedSpan => ({
      ...{
        service,
        scope: scope.name,
        name: span.name,
        kind: span.kind,
        status: span.status ?? {},
      },
      ...{ traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId ?? "" },
      attributes: readAttributes(span.attributes),
      events: (span.events ?? []).map(({ name, attributes }: Json) => ({
        name,
        attributes: readAttributes(attributes),
      })),
    }))
  );
}

function readPoints({ resource, scopeMetrics }: Json): CollectedPoint[] {
  const instance = readAttributes(resource.attributes)["service.instance.id"];
  return scopeMetrics.flatMap(({ metrics }: Json) =>
    metrics.flatMap(({ name, unit, ...metric }: Json) =>
      (metric.histogram ?? metric.sum ?? metric.gauge).dataPoints.map((point: Json) => ({
        ...{
          metric: name,
          unit,
          ...(instance !== undefined && { instance }),
          attributes: readAttributes(point.attributes),
        },
        ...(point.explicitBounds !== undefined
          ? { count: Number(point.count), bounds: point.explicitBounds }
          : { value: Number(point.asDouble ?? point.asInt) }),
      }))
    )
  );
}

/** A whole number comes as a text: JSON has no 64 bits of it. */
function readAttributes(attributes: Json = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }: Json) => {
    const number = value.intValue ?? value.doubleValue;
    return [key, number === undefined ? value.stringValue ?? value.boolValue : Number(number)];
  }));
}

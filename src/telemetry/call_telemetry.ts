/**
 * A span for each call, and its duration among the metrics, through OpenTelemetry's API.
 *
 * @module
 */

import { ConnectError } from "../deps.ts";
import {
  type Context,
  context,
  type Histogram,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
  type Tracer,
} from "../deps/opentelemetry.ts";
import { isDecodable } from "../baggage.ts";
import type { CallEnd, CallObserver, CallStart, ObservedCall } from "../call_observer.ts";
import type { HeaderFields } from "../http_stream.ts";
import { callLog } from "../log.ts";
import {
  endAttributes,
  isFailure,
  measureAttributes,
  spanName,
  startAttributes,
} from "./call_attributes.ts";

/** What a {@linkcode CallTelemetry} writes to. */
export interface CallTelemetryInit {
  /** Makes the spans; without one there are none. */
  readonly tracer: Tracer | undefined;
  /** Get the duration of each call. */
  readonly durations: readonly Histogram[];
}

const FIELDS: TextMapGetter<HeaderFields> = {
  keys: (fields) => Object.keys(fields),
  get: (fields, name) => readable(name, fields[name] as string | string[] | undefined),
};

/** Deno's propagator would write to the log of each baggage that it cannot decode. */
function readable(name: string, value: string | string[] | undefined) {
  return name !== "baggage" || isDecodable(String(value ?? "")) ? value : undefined;
}

/** Makes spans and measurements of calls. */
export class CallTelemetry implements CallObserver {
  readonly #init: CallTelemetryInit;

  constructor(init: CallTelemetryInit) {
    this.#init = init;
  }

  /** See {@linkcode CallObserver.begin}. */
  begin(start: CallStart): ObservedCall | undefined {
    const { tracer, durations } = this.#init;
    if (tracer === undefined) return new MeasuredCall(start, durations);
    try {
      // Of the caller alone: what else is active is that of another call, or of none.
      const parent = propagation.extract(ROOT_CONTEXT, start.stream.headers, FIELDS);
      const span = tracer.startSpan(spanName(start), {
        kind: SpanKind.SERVER,
        attributes: startAttributes(start),
      }, parent);
      return new TracedCall(start, durations, span, trace.setSpan(parent, span));
    } catch (error) {
      // Samplers and propagators may be anybody's.
      callLog.error("No span was begun: {error}", { error });
      return new MeasuredCall(start, durations);
    }
  }
}

/** A call without a span. */
class MeasuredCall implements ObservedCall {
  protected readonly start: CallStart;
  readonly #durations: readonly Histogram[];
  readonly #startedAt = performance.now();

  constructor(start: CallStart, durations: readonly Histogram[]) {
    this.start = start;
    this.#durations = durations;
  }

  run<T>(action: () => T): T {
    return action();
  }

  end(end: CallEnd): void {
    try {
      this.finish(end);
    } catch (error) {
      callLog.error("A call was not recorded: {error}", { error });
    }
  }

  protected finish({ error }: CallEnd): void {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const attributes = measureAttributes(this.start, error);
    for (const duration of this.#durations) duration.record(seconds, attributes);
  }
}

/** A call with a span. */
class TracedCall extends MeasuredCall {
  readonly #span: Span;
  readonly #context: Context;

  constructor(start: CallStart, durations: readonly Histogram[], span: Span, context: Context) {
    super(start, durations);
    this.#span = span;
    this.#context = context;
  }

  override run<T>(action: () => T): T {
    return context.with(this.#context, action);
  }

  protected override finish(end: CallEnd): void {
    const span = this.#span;
    try {
      // In its context, by which a histogram finds the span that is an example of a value.
      context.with(this.#context, () => super.finish(end));
      span.setAttributes(endAttributes(this.start.protocol, end.error));
      if (isFailure(end.error)) describeFailure(span, end);
    } finally {
      span.end();
    }
  }
}

function describeFailure(span: Span, { error, thrown }: CallEnd): void {
  const message = thrown === undefined ? error!.rawMessage : messageOf(thrown);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  if (thrown === undefined) return;
  // Not by recordException(), which takes the code of a ConnectError for its type.
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  span.addEvent("exception", {
    "exception.type": thrown instanceof Error ? thrown.name : typeof thrown,
    "exception.message": message,
    ...(stack !== undefined && { "exception.stacktrace": stack }),
  });
}

/** Without the code that a ConnectError has in front, as the status is told apart. */
function messageOf(thrown: unknown): string {
  if (thrown instanceof ConnectError) return thrown.rawMessage;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * Spans that this process makes, kept in memory by OpenTelemetry's own SDK, with its contexts and the
 * propagators of W3C. It registers itself for the whole process when it is imported, which is that of
 * one file of tests; Deno's own exporter is `otlp_collector.ts`'s matter.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  CompositePropagator,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from "@opentelemetry/core";
import {
  type ReadableSpan,
  type Span,
  type SpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { eventually } from "./waiting.ts";

/** The kit's own, by which its spans are known. */
const SCOPE = "@fastgrpc/fastgrpc";

const started: Span[] = [];
const ended: ReadableSpan[] = [];

const processor: SpanProcessor = {
  onStart: (span) => void started.push(span),
  onEnd: (span) => void ended.push(span),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(
  new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  }),
);

/** Makes spans as an application does, or a library that a handler uses. */
export const tracer = trace.getTracer("application");

/** The spans that have ended since the last call of {@linkcode forgetSpans}. */
export function endedSpans(): readonly ReadableSpan[] {
  return ended;
}

/** Those of the kit. */
export function callSpans(): ReadableSpan[] {
  return ended.filter(({ instrumentationScope }) => instrumentationScope.name === SCOPE);
}

/** Begins anew. */
export function forgetSpans(): void {
  started.length = ended.length = 0;
}

/** Waits for so many spans of the kit, and sees to it that each was ended, and once. */
export async function spansOfCalls(count: number): Promise<ReadableSpan[]> {
  await eventually(`${count} calls have their span`, () => callSpans().length >= count);
  assertEquals(callSpans().length, count);
  assertAllEnded();
  return callSpans();
}

/** The one span of the kit. */
export async function spanOfCall(): Promise<ReadableSpan> {
  return (await spansOfCalls(1))[0]!;
}

/** Each span that began has ended, and once: the SDK does not take the second end of a span. */
export function assertAllEnded(): void {
  const ids = (spans: readonly { spanContext(): { spanId: string } }[]) =>
    spans.map((span) => span.spanContext().spanId).sort();
  assertEquals(ids(ended), ids(started));
}

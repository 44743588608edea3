import { assert, assertEquals } from "@std/assert";
import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { createClient } from "../../src/client.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";
import { PROTOCOLS } from "../support/connect_node.ts";
import { type GreeterOptions, serveGreeter } from "../support/greeter.ts";
import {
  endedSpans,
  forgetSpans,
  spanOfCall,
  spansOfCalls,
  tracer,
} from "../support/recorded_spans.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const PARENT_ID = "b7ad6b7169203331";
const CALLER = {
  traceparent: `00-${TRACE_ID}-${PARENT_ID}-01`,
  tracestate: "vendor=1",
  baggage: "tenant=acme",
};

/** A step of the handler's work, in a span of its own, before and after which something is awaited. */
async function work(name: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  tracer.startSpan(name).end();
  await null;
}

/** Handlers that work before, between and after what they read and send. */
const working: NonNullable<GreeterOptions["handlers"]> = {
  async sayHello(request, context) {
    tracer.startSpan("at once").end();
    await work("later");
    return await greeterHandlers.sayHello(request, context);
  },
  async *sayHelloTimes(request, context) {
    tracer.startSpan("at once").end();
    for await (const reply of greeterHandlers.sayHelloTimes(request, context)) {
      yield reply;
      await work("later");
    }
  },
  async sayHelloToAll(requests) {
    for await (const _ of requests) await work("later");
    tracer.startSpan("at last").end();
    return {};
  },
  async *chat(requests) {
    for await (const { name } of requests) {
      tracer.startSpan("at once").end();
      yield { message: name };
      await work("later");
    }
  },
};

type GreeterClient = ReturnType<typeof createClient<typeof Greeter>>;

async function* names() {
  yield { name: "a" };
  yield { name: "b" };
}

async function drained(replies: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of replies);
}

const headers = CALLER;

/** A call of each kind, with the number of spans that its handler makes. */
const KINDS: readonly [string, spans: number, (client: GreeterClient) => Promise<unknown>][] = [
  ["SayHello", 2, (client) => client.sayHello({}, { headers })],
  ["SayHelloTimes", 3, (client) => drained(client.sayHelloTimes({ times: 2 }, { headers }))],
  ["SayHelloToAll", 3, (client) => client.sayHelloToAll(names(), { headers })],
  ["Chat", 4, (client) => drained(client.chat(names(), { headers }))],
];

for (const protocol of PROTOCOLS) {
  for (const intercepted of [false, true]) {
    for (const [name, children, call] of KINDS) {
      const title = `telemetry has a span of ${name} by ${protocol}${
        intercepted ? ", intercepted" : ""
      }`;
      Deno.test(`${title}, below the caller's and above the handler's`, async () => {
        forgetSpans();
        const baggage: unknown[] = [];
        const interceptor: Interceptor = (next) => async (request) => {
          tracer.startSpan("interceptor").end();
          baggage.push(propagation.getActiveBaggage()?.getEntry("tenant")?.value);
          await work("interceptor");
          return await next(request);
        };
        await using greeter = await serveGreeter({
          handlers: working,
          serve: { telemetry: true },
          prepare: (app) => void (intercepted && app.use(interceptor)),
        });
        await using client = createClient(Greeter, greeter.baseUrl, { protocol });
        await call(client);
        const span = await spanOfCall();
        assertEquals(span.name, `greeter.v1.Greeter/${name}`);
        assertEquals(span.kind, SpanKind.SERVER);
        assertEquals(span.spanContext().traceId, TRACE_ID);
        assertEquals(span.parentSpanContext?.spanId, PARENT_ID);
        assertEquals(span.spanContext().traceState?.serialize(), "vendor=1");
        assertEquals(span.status, { code: SpanStatusCode.UNSET });
        const { "network.peer.port": peerPort, ...attributes } = span.attributes;
        assert(Number(peerPort) > 0);
        assertEquals(attributes, {
          "rpc.system.name": protocol === "connect" ? "connectrpc" : "grpc",
          "rpc.method": `greeter.v1.Greeter/${name}`,
          "server.address": "127.0.0.1",
          "server.port": greeter.port,
          "network.peer.address": "127.0.0.1",
          ...(protocol !== "connect" && { "rpc.status_code": "OK" }),
        });
        assertEquals(childrenOf(span).length, children + (intercepted ? 2 : 0));
        assertEquals(endedSpans().length, 1 + childrenOf(span).length);
        if (intercepted) assertEquals(baggage, ["acme"]);
      });
    }
  }
}

function childrenOf(span: ReadableSpan): ReadableSpan[] {
  const { spanId } = span.spanContext();
  return endedSpans().filter(({ parentSpanContext }) => parentSpanContext?.spanId === spanId);
}

Deno.test("telemetry begins a trace where the caller has none, or one that cannot be read", async () => {
  forgetSpans();
  await using greeter = await serveGreeter({ serve: { telemetry: true } });
  await using client = createClient(Greeter, greeter.baseUrl);
  await client.sayHello({});
  for (
    const traceparent of [
      "nonsense",
      `00-${"0".repeat(32)}-${PARENT_ID}-01`,
      `ff${CALLER.traceparent.slice(2)}`,
    ]
  ) {
    await client.sayHello({}, { headers: { traceparent } });
  }
  const spans = await spansOfCalls(4);
  assertEquals(spans.map(({ parentSpanContext }) => parentSpanContext), Array(4).fill(undefined));
  assertEquals(new Set(spans.map((span) => span.spanContext().traceId)).size, 4);
});

Deno.test("telemetry that is off makes no spans, and leaves no context", async () => {
  forgetSpans();
  let active: unknown;
  await using greeter = await serveGreeter({
    handlers: { sayHello: () => (active = trace.getSpan(context.active()), {}) },
  });
  for (const protocol of PROTOCOLS) {
    await using client = createClient(Greeter, greeter.baseUrl, { protocol });
    await client.sayHello({}, { headers });
  }
  assertEquals(endedSpans(), []);
  assertEquals(active, undefined);
});

Deno.test("telemetry keeps 200 calls at a time apart", async () => {
  forgetSpans();
  await using greeter = await serveGreeter({
    serve: { telemetry: true },
    handlers: {
      async sayHello({ name }) {
        for (let i = 0; i < 3; i++) await work(name);
        return { message: trace.getActiveSpan()!.spanContext().traceId };
      },
    },
  });
  await using client = createClient(Greeter, greeter.baseUrl);
  const ids = Array.from({ length: 200 }, (_, i) => (i + 1).toString(16).padStart(32, "a"));
  const replies = await Promise.all(
    ids.map((id) =>
      client.sayHello({ name: id }, { headers: { traceparent: `00-${id}-${PARENT_ID}-01` } })
    ),
  );
  assertEquals(replies.map(({ message }) => message), ids);
  await spansOfCalls(200);
  const own = endedSpans().filter(({ name }) => ids.includes(name));
  assertEquals(own.length, 600);
  assertEquals(own.filter((span) => span.spanContext().traceId !== span.name), []);
});

/** How handlers may fail, and what of it is the server's fault. */
const FAILURES: readonly [
  unknown,
  Code,
  status: string | undefined,
  exception: string | undefined,
][] = [
  [new ConnectError("no such", Code.NotFound), Code.NotFound, undefined, undefined],
  [
    new ConnectError("try later", Code.Unavailable),
    Code.Unavailable,
    "try later",
    "ConnectError",
  ],
  [new RangeError("secret"), Code.Internal, "secret", "RangeError"],
  ["a text", Code.Internal, "a text", "string"],
];

for (const [thrown, code, status, exception] of FAILURES) {
  for (const protocol of PROTOCOLS) {
    Deno.test(`telemetry tells by ${protocol} of a handler that throws ${thrown}`, async () => {
      forgetSpans();
      await using greeter = await serveGreeter({
        serve: { telemetry: true },
        handlers: {
          sayHello: () => {
            throw thrown;
          },
        },
      });
      await using client = createClient(Greeter, greeter.baseUrl, { protocol });
      const error = ConnectError.from(await client.sayHello({}).catch((error) => error));
      assertEquals(error.code, code);
      const span = await spanOfCall();
      const name = Code[code]!.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`);
      const shown = protocol === "connect" ? name.toLowerCase() : name.toUpperCase();
      assertEquals(span.attributes["rpc.status_code"], shown);
      assertEquals(span.attributes["error.type"], status === undefined ? undefined : shown);
      assertEquals(
        span.status,
        status === undefined
          ? { code: SpanStatusCode.UNSET }
          : { code: SpanStatusCode.ERROR, message: status },
      );
      const [event] = span.events;
      assertEquals(event?.name, exception && "exception");
      assertEquals(event?.attributes?.["exception.type"], exception);
      assertEquals(event?.attributes?.["exception.message"], status);
      if (thrown instanceof Error && exception !== undefined) {
        assertEquals(event?.attributes?.["exception.stacktrace"], thrown.stack);
      }
    });
  }
}

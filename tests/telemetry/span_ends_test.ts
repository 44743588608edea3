import { assertEquals } from "@std/assert";
import { type Context, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { Code, ConnectError } from "@connectrpc/connect";
import { type CallOptions, createClient } from "../../src/client.ts";
import { CallTelemetry } from "../../src/telemetry/call_telemetry.ts";
import type { CallStart } from "../../src/call_observer.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { captureLog } from "../support/captured_log.ts";
import { PROTOCOLS } from "../support/connect_node.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { serveGreeter } from "../support/greeter.ts";
import {
  assertAllEnded,
  callSpans,
  endedSpans,
  forgetSpans,
  spanOfCall,
  spansOfCalls,
  tracer,
} from "../support/recorded_spans.ts";
import { eventually } from "../support/waiting.ts";

/** A greeter whose calls last until they are ended, with the spans that they make in doing so. */
async function serveLasting(serve = {}, app = {}) {
  forgetSpans();
  const calls = { active: 0, cleanedUp: 0 };
  const untilAborted = async (signal: AbortSignal) => {
    calls.active++;
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    calls.active--;
  };
  const greeter = await serveGreeter({
    app,
    serve: { telemetry: true, ...serve },
    handlers: {
      sayHello: async (_, { signal }) => (await untilAborted(signal), {}),
      async *sayHelloTimes(_, { signal }) {
        try {
          calls.active++;
          // As it is stopped at a yield, it goes on where it is told to stop.
          while (!signal.aborted) yield {};
        } finally {
          tracer.startSpan("cleaning up").end();
          calls.active--;
          calls.cleanedUp++;
        }
      },
      async *chat(_, { signal }) {
        yield {};
        await untilAborted(signal);
      },
    },
  });
  return Object.assign(calls, {
    greeter,
    [Symbol.asyncDispose]: () => greeter[Symbol.asyncDispose](),
  });
}

type GreeterClient = ReturnType<typeof createClient<typeof Greeter>>;

async function* open() {
  yield { name: "first" };
  await new Promise(() => {});
}

/** Calls that last, until something ends them. */
const CALLS: Readonly<
  Record<string, (client: GreeterClient, options: CallOptions) => Promise<unknown>>
> = {
  "SayHello": (client, options) => client.sayHello({}, options),
  "Chat": async (client, options) => {
    for await (const _ of client.chat(open(), options));
  },
};

const endings = (name: string) => ({ grpc: name, "grpc-web": name, connect: name.toLowerCase() });

for (const protocol of PROTOCOLS) {
  for (const [method, call] of Object.entries(CALLS)) {
    Deno.test(`telemetry ends the span of ${method} by ${protocol} at its deadline`, async () => {
      await using lasting = await serveLasting({}, { timeout: "50ms" });
      await using client = createClient(Greeter, lasting.greeter.baseUrl, { protocol });
      const error = await call(client, {}).catch((error) => error);
      assertEquals(ConnectError.from(error).code, Code.DeadlineExceeded);
      const { attributes, status, events } = await spanOfCall();
      assertEquals(attributes["error.type"], endings("DEADLINE_EXCEEDED")[protocol]);
      assertEquals(status.code, SpanStatusCode.ERROR);
      assertEquals(status.message, "deadline exceeded after 50ms");
      assertEquals(events, []);
    });

    Deno.test(`telemetry ends the span of ${method} by ${protocol} whose client leaves`, async () => {
      await using lasting = await serveLasting();
      await using client = createClient(Greeter, lasting.greeter.baseUrl, { protocol });
      const controller = new AbortController();
      const called = call(client, { signal: controller.signal }).catch(() => {});
      await eventually("the handler runs", () => lasting.active === 1);
      assertEquals(callSpans(), []);
      controller.abort();
      await called;
      const { attributes, status } = await spanOfCall();
      const name = protocol === "connect" ? "canceled" : "CANCELLED";
      assertEquals(attributes["rpc.status_code"], name);
      assertEquals(attributes["error.type"], undefined);
      assertEquals(status, { code: SpanStatusCode.UNSET });
    });

    Deno.test(`telemetry ends the span of ${method} by ${protocol} that a shutdown cuts off`, async () => {
      await using lasting = await serveLasting({ gracefulTimeout: "50ms" });
      const { greeter } = lasting;
      await using client = createClient(Greeter, greeter.baseUrl, { protocol });
      const called = call(client, {}).catch(() => {});
      await eventually("the handler runs", () => lasting.active === 1);
      await greeter.server.shutdown();
      await called;
      const { attributes } = await spanOfCall();
      assertEquals(attributes["error.type"], endings("UNAVAILABLE")[protocol]);
      assertEquals(greeter.server.callCount, 0);
    });
  }

  Deno.test(`telemetry is there when a stream by ${protocol} cleans up after itself`, async () => {
    await using lasting = await serveLasting();
    await using client = createClient(Greeter, lasting.greeter.baseUrl, { protocol });
    for await (const _ of client.sayHelloTimes({ times: 1 })) break;
    await eventually("the stream has cleaned up", () => lasting.cleanedUp === 1);
    const span = await spanOfCall();
    const cleaning = endedSpans().find(({ name }) => name === "cleaning up");
    assertEquals(cleaning?.parentSpanContext?.spanId, span.spanContext().spanId);
  });
}

Deno.test("telemetry ends each span once when a connection with 50 calls breaks", async () => {
  await using lasting = await serveLasting();
  using client = connectHttp2(lasting.greeter.baseUrl);
  for (let i = 0; i < 50; i++) {
    const stream = client.session.request({
      ":method": "POST",
      ":path": `/greeter.v1.Greeter/${i % 2 ? "SayHello" : "Chat"}`,
      "content-type": i % 3 ? "application/grpc" : "application/grpc-web",
    });
    stream.on("error", () => {});
    stream.end(new Uint8Array(5));
  }
  await eventually("all handlers run", () => lasting.active === 50);
  client.session.destroy();
  await spansOfCalls(50);
  assertEquals(lasting.greeter.server.callCount, 0);
});

/** Requests that reach no handler. */
const REFUSED: readonly [
  string,
  path: string,
  headers: Record<string, string>,
  expected: Partial<ReadableSpan["attributes"]> & { name: string },
][] = [
  ["an unknown method of gRPC", "/a.v1.B/C", {}, {
    ...{ name: "grpc", "rpc.system.name": "grpc", "rpc.method": "_OTHER" },
    ...{ "rpc.method_original": "a.v1.B/C", "rpc.status_code": "UNIMPLEMENTED" },
  }],
  ["a path of no protocol", "/favicon.ico?secret=1", { "content-type": "text/plain" }, {
    ...{ name: "connectrpc", "rpc.system.name": "connectrpc", "rpc.method": "_OTHER" },
    ...{ "rpc.method_original": "favicon.ico", "rpc.status_code": "unimplemented" },
  }],
  ["a header that is too long", "/greeter.v1.Greeter/SayHello", { "x-long": "x".repeat(20_000) }, {
    ...{ name: "greeter.v1.Greeter/SayHello", "rpc.method": "greeter.v1.Greeter/SayHello" },
    ...{ "rpc.method_original": undefined, "rpc.status_code": "RESOURCE_EXHAUSTED" },
  }],
  ["a body that is no message", "/greeter.v1.Greeter/SayHello", {}, {
    ...{ name: "greeter.v1.Greeter/SayHello", "rpc.status_code": "INTERNAL" },
  }],
];

for (const [title, path, headers, { name, ...attributes }] of REFUSED) {
  Deno.test(`telemetry has a span of ${title}`, async () => {
    forgetSpans();
    await using greeter = await serveGreeter({ serve: { telemetry: true } });
    using client = connectHttp2(greeter.baseUrl);
    const stream = client.session.request({
      ...{ ":method": "POST", ":path": path, "content-type": "application/grpc" },
      ...headers,
    });
    stream.resume().end(new Uint8Array([0, 0, 0, 0, 1, 0xff]));
    const span = await spanOfCall();
    assertEquals(span.name, name);
    for (const [key, value] of Object.entries(attributes)) {
      assertEquals(span.attributes[key], value);
    }
  });
}

Deno.test("CallTelemetry lets no fault of an SDK reach the call", async () => {
  await using log = await captureLog();
  const fault = () => {
    throw new Error("broken");
  };
  const start = {
    stream: { headers: {}, authority: "a", peer: { address: "b", port: 1 } },
    ...{ protocol: "grpc", path: "a.B/C", method: undefined },
  } as unknown as CallStart;
  const end = { error: undefined, thrown: undefined };
  const measured: number[] = [];
  const durations = [{ record: (value: number) => void measured.push(value) }];
  const broken = { startSpan: fault, startActiveSpan: fault };
  const call = new CallTelemetry({ tracer: broken, durations }).begin(start)!;
  assertEquals(call.run(() => 1), 1);
  call.end(end);
  const span = Object.assign(trace.wrapSpanContext({ traceId: "", spanId: "", traceFlags: 0 }), {
    setAttributes: fault,
    end: fault,
  });
  const half = { ...broken, startSpan: (_: string, __?: unknown, ___?: Context) => span };
  new CallTelemetry({ tracer: half, durations }).begin(start)!.end(end);
  assertEquals(measured.length, 2);
  assertEquals(log.records.map(({ level }) => level), ["error", "error"]);
});

Deno.test("telemetry leaves no span open", () => assertAllEnded());

import { assertEquals } from "@std/assert";
import {
  type CollectedSpan,
  type OtlpCollector,
  startCollector,
} from "../support/otlp_collector.ts";
import { assertExitsWell, startProgram } from "../support/program.ts";
import { eventually } from "../support/waiting.ts";

const MAIN = new URL("../support/traced_greeter_main.ts", import.meta.url);
const FLAGS = ["--allow-net=127.0.0.1"];
const SAY_HELLO = "greeter.v1.Greeter/SayHello";

/** Serves in one process, calls from another, and waits until both have told the collector all. */
async function exportCalls(collector: OtlpCollector, ...names: string[]): Promise<void> {
  await using server = startProgram(MAIN, { flags: FLAGS, env: collector.env("server") });
  const port = await server.listening;
  await using client = startProgram(MAIN, {
    flags: FLAGS,
    env: collector.env("client"),
    args: [String(port), ...names],
  });
  await assertExitsWell(client);
  server.kill("SIGTERM");
  await assertExitsWell(server);
}

function spanOf(collector: OtlpCollector, service: string, name: string): CollectedSpan {
  const found = collector.spans.filter((span) => span.service === service && span.name === name);
  assertEquals(found.length, 1, JSON.stringify(collector.spans, null, 2));
  return found[0]!;
}

Deno.test("telemetry under OTEL_DENO=true joins a client's process and a server's in one trace", async () => {
  await using collector = startCollector();
  await exportCalls(collector, "Ada");
  const caller = spanOf(collector, "client", "caller");
  // Deno's own, whose id is what travels.
  const request = spanOf(collector, "client", "POST");
  const call = spanOf(collector, "server", SAY_HELLO);
  const work = spanOf(collector, "server", "work");
  assertEquals(
    [caller, request, call, work].map(({ parentSpanId }) => parentSpanId),
    ["", caller.spanId, request.spanId, call.spanId],
  );
  assertEquals(new Set([caller, request, call, work].map(({ traceId }) => traceId)).size, 1);
  assertEquals(call.scope, "@fastgrpc/fastgrpc");
  assertEquals(call.kind, 2);
  assertEquals(call.status.code ?? 0, 0);
  const { "network.peer.port": _, "server.port": __, ...attributes } = call.attributes;
  assertEquals(attributes, {
    "rpc.system.name": "grpc",
    "rpc.method": SAY_HELLO,
    "rpc.status_code": "OK",
    "server.address": "127.0.0.1",
    "network.peer.address": "127.0.0.1",
  });
});

Deno.test("telemetry under OTEL_DENO=true tells why a call failed", async () => {
  await using collector = startCollector();
  await exportCalls(collector, "Nobody");
  const { attributes, status, events } = spanOf(collector, "server", SAY_HELLO);
  assertEquals(attributes["error.type"], "INTERNAL");
  assertEquals(status, { code: 2, message: "there is nobody" });
  assertEquals(events.map(({ name }) => name), ["exception"]);
  assertEquals(events[0]!.attributes["exception.type"], "RangeError");
});

Deno.test("telemetry under OTEL_DENO=true measures calls, and counts those in progress", async () => {
  await using collector = startCollector();
  const pointsOf = (metric: string) => collector.points.filter((point) => point.metric === metric);
  await exportCalls(collector, "Ada", "Bob", "Nobody");
  await eventually("the metrics have come", () => pointsOf("rpc.server.call.duration").length > 0);
  const last = new Map(
    pointsOf("rpc.server.call.duration").map((point) =>
      [point.attributes["rpc.status_code"], point] as const
    ),
  );
  const attributes = { "rpc.system.name": "grpc", "rpc.method": SAY_HELLO };
  const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
  // In whatever order they come.
  assertEquals([last.get("OK"), last.get("INTERNAL")], [
    {
      ...{ metric: "rpc.server.call.duration", unit: "s", count: 2, bounds },
      attributes: { ...attributes, "rpc.status_code": "OK" },
    },
    {
      ...{ metric: "rpc.server.call.duration", unit: "s", count: 1, bounds },
      attributes: { ...attributes, "rpc.status_code": "INTERNAL", "error.type": "INTERNAL" },
    },
  ]);
  for (const metric of ["fastgrpc.server.active_calls", "fastgrpc.server.connections"]) {
    assertEquals(pointsOf(metric).length > 0, true, metric);
  }
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createClient } from "../../src/client.ts";
import { openAdminPort } from "../../src/side_ports/admin_port.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { captureLog } from "../support/captured_log.ts";
import { serveGreeter } from "../support/greeter.ts";
import { samplesOf } from "../support/prometheus_text.ts";
import { eventually, untilRefused } from "../support/waiting.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };
const TEXT = "text/plain; charset=utf-8";

/** An admin port for something that is as the test says. */
async function openFor(source: { serving: boolean; metrics: () => Promise<string> }) {
  const port = await openAdminPort(LOOPBACK, {
    isServing: () => source.serving,
    metricsText: () => source.metrics(),
  });
  return {
    url: `http://127.0.0.1:${port.addr.port}`,
    port: port.addr.port,
    [Symbol.asyncDispose]: () => port.close(),
  };
}

/** What is asked, and what comes. */
const REQUESTS: readonly [string, serving: boolean, status: number, body: string, type?: string][] =
  [
    ["GET /healthz", true, 200, "ok\n"],
    ["GET /healthz", false, 200, "ok\n"],
    ["GET /healthz?verbose", true, 200, "ok\n"],
    ["GET /readyz", true, 200, "ok\n"],
    ["GET /readyz", false, 503, "not serving\n"],
    ["GET /metrics", true, 200, "a 1\n", "text/plain; version=0.0.4; charset=utf-8"],
    ["HEAD /healthz", true, 200, ""],
    ["HEAD /readyz", false, 503, ""],
    ["HEAD /metrics", true, 200, "", "text/plain; version=0.0.4; charset=utf-8"],
    ["POST /healthz", true, 405, "method not allowed\n"],
    ["DELETE /metrics", true, 405, "method not allowed\n"],
    ["GET /", true, 404, "not found\n"],
    ["GET /metrics/", true, 404, "not found\n"],
    ["GET /constructor", true, 404, "not found\n"],
    ["POST /greeter.v1.Greeter/SayHello", true, 404, "not found\n"],
  ];

for (const [line, serving, status, body, type = TEXT] of REQUESTS) {
  const title = `${line} with ${status}${serving ? "" : " while nothing is served"}`;
  Deno.test(`openAdminPort() answers ${title}`, async () => {
    await using admin = await openFor({ serving, metrics: () => Promise.resolve("a 1\n") });
    const [method, path] = line.split(" ");
    const response = await fetch(admin.url + path, { method: method! });
    assertEquals(
      {
        status: response.status,
        type: response.headers.get("content-type"),
        allow: response.headers.get("allow"),
        cache: response.headers.get("cache-control"),
        body: await response.text(),
      },
      { status, type, allow: status === 405 ? "GET, HEAD" : null, cache: "no-store", body },
    );
  });
}

Deno.test("openAdminPort() answers with 500 when metrics fail, and says why in the log", async () => {
  await using log = await captureLog();
  await using admin = await openFor({
    serving: true,
    metrics: () => Promise.reject(new Error("no metrics")),
  });
  const response = await fetch(`${admin.url}/metrics`);
  assertEquals([response.status, await response.text()], [500, "internal error\n"]);
  const [failure] = log.records.filter(({ level }) => level === "error");
  assertEquals((failure?.properties.error as Error).message, "no metrics");
});

Deno.test("openAdminPort() closes with connections that say nothing, or wait for a while", async () => {
  const admin = await openFor({ serving: true, metrics: () => new Promise(() => {}) });
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: admin.port });
  using idle = await Deno.connect({ hostname: "127.0.0.1", port: admin.port });
  await idle.write(new TextEncoder().encode("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"));
  await idle.read(new Uint8Array(1000));
  using waiting = await Deno.connect({ hostname: "127.0.0.1", port: admin.port });
  await waiting.write(new TextEncoder().encode("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"));
  const begin = performance.now();
  await admin[Symbol.asyncDispose]();
  assert(performance.now() - begin < 2000, "they were waited for");
  await untilRefused(admin.port);
  const ended = (connection: Deno.Conn) =>
    connection.read(new Uint8Array(1)).then((bytes) => bytes === null, () => true);
  assertEquals(await Promise.all([silent, idle, waiting].map(ended)), [true, true, true]);
});

Deno.test("openAdminPort() takes 100 connections, and no more", async () => {
  await using admin = await openFor({ serving: true, metrics: () => Promise.resolve("") });
  await using connections = new AsyncDisposableStack();
  let ended = 0;
  for (let i = 0; i < 110; i++) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: admin.port });
    connections.defer(() => connection.close());
    connection.read(new Uint8Array(1)).catch(() => {}).then(() => ended++);
  }
  await eventually("those above the limit are closed", () => ended >= 10);
  assertEquals(ended, 10);
});

Deno.test("adminPort serves the metrics of the server's calls and of its process", async () => {
  await using greeter = await serveGreeter({ serve: { adminPort: 0 } });
  const { adminAddr } = greeter.server;
  const read = async () =>
    samplesOf(await (await fetch(`http://127.0.0.1:${adminAddr!.port}/metrics`)).text());
  assertEquals((await read()).get("fastgrpc_server_active_calls"), 0);
  await using client = createClient(Greeter, greeter.baseUrl);
  await client.sayHello({ name: "Ada" });
  const stream = client.sayHelloTimes({ times: 2, intervalMs: 60_000 })[Symbol.asyncIterator]();
  await stream.next();
  const during = await read();
  assertEquals(during.get("fastgrpc_server_active_calls"), 1);
  assertEquals(during.get("fastgrpc_server_connections"), 1);
  await stream.return?.();
  await eventually("the call is over", () => greeter.server.callCount === 0);
  let after = await read();
  while (!after.get("fastgrpc_event_loop_delay_seconds_count")) after = await read();
  assertEquals(after.get("fastgrpc_server_active_calls"), 0);
  const labels = (method: string, status: string) =>
    `{rpc_system_name="grpc",rpc_method="greeter.v1.Greeter/${method}",rpc_status_code="${status}"`;
  const call = "rpc_server_call_duration_seconds";
  assertEquals(after.get(`${call}_count${labels("SayHello", "OK")}}`), 1);
  assertEquals(after.get(`${call}_bucket${labels("SayHello", "OK")},le="10"}`), 1);
  assertEquals(after.get(`${call}_count${labels("SayHelloTimes", "CANCELLED")}}`), 1);
  for (
    const name of [
      "process_memory_usage_bytes",
      "fastgrpc_process_heap_used_bytes",
      'process_cpu_time_seconds_total{cpu_mode="user"}',
      "process_uptime_seconds",
    ]
  ) assert(after.get(name)! > 0, name);
});

Deno.test("adminPort counts calls of methods that nobody serves as one", async () => {
  await using greeter = await serveGreeter({ serve: { adminPort: 0 } });
  for (const path of ["a", "b", "c"]) {
    await (await fetch(`${greeter.baseUrl}/${path}`)).body?.cancel();
  }
  const url = `http://127.0.0.1:${greeter.server.adminAddr!.port}/metrics`;
  const text = await (await fetch(url)).text();
  assertMatch(
    text,
    /^rpc_server_call_duration_seconds_count\{rpc_system_name="connectrpc",rpc_method="_OTHER",rpc_status_code="unimplemented",error_type="unimplemented"\} 3$/m,
  );
});

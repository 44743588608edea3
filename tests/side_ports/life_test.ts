import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { ConfigError, type ServeOptions, type Server } from "../../mod.ts";
import { createClient } from "../../src/client.ts";
import { resolveServeOptions } from "../../src/serve_options.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { startGreeter } from "../support/child_greeter.ts";
import { serveGreeter } from "../support/greeter.ts";
import { eventually, untilRefused } from "../support/waiting.ts";

const BOTH: ServeOptions = { healthPort: 0, adminPort: 0 };

/** What both side ports of a server say of it. */
async function ask({ healthAddr, adminAddr }: Server): Promise<[ready: number, Status]> {
  await using health = createClient(Health, `http://127.0.0.1:${healthAddr!.port}`);
  const [response, { status }] = await Promise.all([
    fetch(`http://127.0.0.1:${adminAddr!.port}/readyz`),
    health.check({}),
  ]);
  await response.body?.cancel();
  return [response.status, status];
}

Deno.test("side ports are at addresses of their own, and at none by default", async () => {
  await using greeter = await serveGreeter({ serve: BOTH });
  const { addr, healthAddr, adminAddr } = greeter.server;
  assertEquals([healthAddr?.hostname, adminAddr?.hostname], ["127.0.0.1", "127.0.0.1"]);
  assertEquals(new Set([addr.port, healthAddr?.port, adminAddr?.port]).size, 3);
  await using plain = await serveGreeter();
  assertEquals([plain.server.healthAddr, plain.server.adminAddr], [undefined, undefined]);
});

Deno.test("side ports say what the app says of the server as a whole", async () => {
  await using greeter = await serveGreeter({ serve: BOTH });
  assertEquals(await ask(greeter.server), [200, Status.SERVING]);
  greeter.app.health.set(Greeter.typeName, "NOT_SERVING");
  assertEquals(await ask(greeter.server), [200, Status.SERVING]);
  greeter.app.health.set("", "NOT_SERVING");
  assertEquals(await ask(greeter.server), [503, Status.NOT_SERVING]);
});

Deno.test("side ports answer until the last call is over, and close then", async () => {
  await using greeter = await serveGreeter({ serve: { ...BOTH, gracefulTimeout: "30s" } });
  const { server } = greeter;
  const [health, admin] = [server.healthAddr!.port, server.adminAddr!.port];
  await using client = createClient(Greeter, greeter.baseUrl);
  const { promise: asked, resolve: ask1 } = Promise.withResolvers<void>();
  const replies = client.chat((async function* () {
    yield { name: "a" };
    await asked;
  })())[Symbol.asyncIterator]();
  await replies.next();
  const stopped = server.shutdown();
  await untilRefused(greeter.port);
  assertEquals(await ask(server), [503, Status.NOT_SERVING]);
  const live = await fetch(`http://127.0.0.1:${admin}/healthz`);
  assertEquals([live.status, await live.text()], [200, "ok\n"]);
  ask1();
  assertEquals((await replies.next()).done, true);
  await stopped;
  await Promise.all([untilRefused(health), untilRefused(admin)]);
});

Deno.test("side ports say that the server is leaving during lameDuck, and close at once with stop()", async () => {
  await using greeter = await serveGreeter({ serve: { ...BOTH, lameDuck: "30s" } });
  const { server } = greeter;
  const stopped = server.shutdown();
  assertEquals(await ask(server), [503, Status.NOT_SERVING]);
  const begin = performance.now();
  await server.stop();
  await stopped;
  assert(performance.now() - begin < 3000, "it was waited for");
  await Promise.all([server.healthAddr!, server.adminAddr!].map(({ port }) => untilRefused(port)));
});

Deno.test("side ports are there again when the app is served again, with the counts begun anew", async () => {
  await using greeter = await serveGreeter({ serve: BOTH });
  await greeter.server.shutdown();
  await using again = await greeter.app.serve({ ...BOTH, port: 0, hostname: "127.0.0.1" });
  assertEquals(await ask(again), [200, Status.SERVING]);
  const url = `http://127.0.0.1:${again.adminAddr!.port}/metrics`;
  assert(!(await (await fetch(url)).text()).includes("rpc_server_call_duration_seconds_count"));
});

for (const name of ["healthPort", "adminPort"] as const) {
  Deno.test(`${name} that is taken keeps the server from starting, and leaves no port open`, async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using main = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = main.addr;
    main.close();
    const serve = { port, healthPort: 0, adminPort: 0, [name]: taken.addr.port };
    const error = await assertRejects(() => serveGreeter({ serve }), ConfigError);
    assertEquals(
      error.message,
      `Cannot open the "${name}": Cannot listen on port ${taken.addr.port}: it is in use, choose another`,
    );
    await untilRefused(port);
  });
}

Deno.test("side ports close when the port for calls is taken, and the app can be served after", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using greeter = await serveGreeter({ serve: { port: 0 } });
  await greeter.server.shutdown();
  using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const adminPort = free.addr.port;
  free.close();
  const serve = () =>
    greeter.app.serve({ hostname: "127.0.0.1", port: taken.addr.port, adminPort, healthPort: 0 });
  await assertRejects(serve, ConfigError, `Cannot listen on port ${taken.addr.port}`);
  await untilRefused(adminPort);
  await using again = await greeter.app.serve({ hostname: "127.0.0.1", port: 0, adminPort });
  assertEquals(again.adminAddr?.port, adminPort);
  assertEquals(greeter.app.health.get(""), "SERVING");
});

/** Ports that do not go together. */
const CLASHES: readonly [ServeOptions, string][] = [
  [
    { port: 8080, adminPort: 8080 },
    `Cannot use 8080 as "adminPort": it is the "port", choose another`,
  ],
  [{ healthPort: 50051 }, `Cannot use 50051 as "healthPort": it is the "port", choose another`],
  [
    { healthPort: 8086, adminPort: 8086 },
    `Cannot use 8086 as "adminPort": it is the "healthPort", choose another`,
  ],
];

for (const [options, message] of CLASHES) {
  Deno.test(`resolveServeOptions() refuses ${JSON.stringify(options)}`, () => {
    assertEquals(assertThrows(() => resolveServeOptions(options), ConfigError).message, message);
  });
}

Deno.test("resolveServeOptions() lets all ports be free ones", () => {
  const { sidePorts } = resolveServeOptions({ port: 0, healthPort: 0, adminPort: 0 });
  assertEquals(sidePorts, { hostname: undefined, healthPort: 0, adminPort: 0 });
  assertThrows(() => resolveServeOptions({ healthPort: 65536 }), RangeError, `"healthPort"`);
  assertThrows(() => resolveServeOptions({ adminPort: -1 }), RangeError, `"adminPort"`);
});

Deno.test("adminPort needs to be allowed, and its metrics nothing else", async () => {
  using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const run = { adminPort: port };
  await using refused = startGreeter({ run, flags: ["--allow-net=127.0.0.1:0"] });
  assertEquals((await refused.status).success, false);
  assertStringIncludes(
    refused.output(),
    `Cannot open the "adminPort": Cannot listen on 127.0.0.1:${port}: run Deno with --allow-net=127.0.0.1:${port}`,
  );
  const flags = [`--allow-net=127.0.0.1:0,127.0.0.1:${port}`];
  await using allowed = startGreeter({ run, flags });
  await allowed.port();
  const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
  assertStringIncludes(await metrics.text(), "process_memory_usage_bytes");
  allowed.kill("SIGTERM");
  assertEquals((await allowed.status).code, 0, allowed.output());
});

Deno.test("a call that is refused or ended in any way is counted out again", async () => {
  await using greeter = await serveGreeter({ serve: { ...BOTH, telemetry: true } });
  await using client = createClient(Greeter, greeter.baseUrl);
  const controller = new AbortController();
  const { signal } = controller;
  const calls = Array.from(
    { length: 20 },
    () =>
      client.sayHelloTimes({ times: 2, intervalMs: 60_000 }, { signal })[Symbol.asyncIterator](),
  );
  await Promise.all(calls.map((call) => call.next()));
  const url = `http://127.0.0.1:${greeter.server.adminAddr!.port}/metrics`;
  const active = async () =>
    /^fastgrpc_server_active_calls (\d+)$/m.exec(await (await fetch(url)).text())![1];
  assertEquals(await active(), "20");
  controller.abort();
  await Promise.allSettled(calls.map((call) => call.next()));
  await eventually("the calls are over", () => greeter.server.callCount === 0);
  assertEquals(await active(), "0");
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { status as grpcStatus } from "@grpc/grpc-js";
import type { ServingStatus } from "../mod.ts";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.ts";
import { connectService, type ProtocolName, PROTOCOLS } from "./support/connect_node.ts";
import { type GreeterOptions, type RunningGreeter, serveGreeter } from "./support/greeter.ts";
import { connectGrpcJs } from "./support/grpc_js.ts";
import { eventually } from "./support/waiting.ts";
import type { HealthStatus } from "../src/health_status.ts";

const GREETER = "greeter.v1.Greeter";

function connectHealth(
  { baseUrl }: RunningGreeter,
  protocol: ProtocolName = "grpc",
): Client<typeof Health> & Disposable {
  return connectService(Health, baseUrl, { protocol });
}

function serveHealth(options: GreeterOptions = {}): Promise<RunningGreeter> {
  return serveGreeter({ ...options, serve: { healthCheck: true, ...options.serve } });
}

/** What a Watch tells, one after the other. */
function statuses(watch: AsyncIterable<{ status: Status }>): () => Promise<Status | undefined> {
  const iterator = watch[Symbol.asyncIterator]();
  return async () => (await iterator.next()).value?.status;
}

/** An app that hinders every call of its services. */
const HOSTILE: GreeterOptions = {
  app: { timeout: "50ms" },
  prepare: (app) =>
    app.use(() => () => Promise.reject(new ConnectError("no entry", Code.PermissionDenied))),
};

for (const protocol of PROTOCOLS) {
  Deno.test(`Health.Check tells the status of a service, by ${protocol}`, async () => {
    await using greeter = await serveHealth(HOSTILE);
    using client = connectHealth(greeter, protocol);
    assertEquals((await client.check({})).status, Status.SERVING);
    const expected: readonly (readonly [ServingStatus, Status])[] = [
      ["SERVING", Status.SERVING],
      ["NOT_SERVING", Status.NOT_SERVING],
      ["UNKNOWN", Status.UNKNOWN],
    ];
    for (const [status, onWire] of expected) {
      greeter.app.health.set(GREETER, status);
      assertEquals((await client.check({ service: GREETER })).status, onWire);
    }
    assertEquals((await client.check({})).status, Status.SERVING);
    const error = await assertRejects(() => client.check({ service: "no.Such" }), ConnectError);
    assertEquals([error.code, error.rawMessage], [Code.NotFound, `unknown service "no.Such"`]);
  });

  Deno.test(`Health.List tells the status of all services, by ${protocol}`, async () => {
    await using greeter = await serveHealth(HOSTILE);
    using client = connectHealth(greeter, protocol);
    greeter.app.health.set("other.Service", "NOT_SERVING");
    const { statuses } = await client.list({});
    const byService = Object.entries(statuses).map(([name, { status }]) => [name, status]);
    assertEquals(byService.sort(), [
      ["", Status.SERVING],
      [GREETER, Status.SERVING],
      ["other.Service", Status.NOT_SERVING],
    ]);
  });

  Deno.test(`Health.Watch outlives the app's timeout, and tells only changes, by ${protocol}`, async () => {
    await using greeter = await serveHealth(HOSTILE);
    using client = connectHealth(greeter, protocol);
    const { health } = greeter.app;
    const next = statuses(client.watch({ service: GREETER }));
    assertEquals(await next(), Status.SERVING);

    const change = next();
    for (let elapsed = 0; elapsed < 100; elapsed += 10) {
      health.set(GREETER, "SERVING");
      health.set("", elapsed % 20 === 0 ? "NOT_SERVING" : "SERVING");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    health.set(GREETER, "NOT_SERVING");
    assertEquals(await change, Status.NOT_SERVING);
    health.set(GREETER, "UNKNOWN");
    assertEquals(await next(), Status.UNKNOWN);
  });

  Deno.test(`Health.Watch of an unknown service waits until it is known, by ${protocol}`, async () => {
    await using greeter = await serveHealth();
    using client = connectHealth(greeter, protocol);
    const next = statuses(client.watch({ service: "late.Service" }));
    assertEquals(await next(), Status.SERVICE_UNKNOWN);
    const change = next();
    greeter.app.health.set("early.Service", "SERVING");
    greeter.app.health.set("late.Service", "NOT_SERVING");
    assertEquals(await change, Status.NOT_SERVING);
  });

  Deno.test(`Health.Watch ends with the client's deadline, by ${protocol}`, async () => {
    await using greeter = await serveHealth();
    using client = connectHealth(greeter, protocol);
    const watch = client.watch({}, { timeoutMs: 50 });
    const error = await assertRejects(() => Array.fromAsync(watch), ConnectError);
    assertEquals(error.code, Code.DeadlineExceeded);
  });

  for (const how of ["shutdown", "stop"] as const) {
    Deno.test(`Health.Watch says NOT_SERVING before ${how}() ends it, by ${protocol}`, async () => {
      await using greeter = await serveHealth({ serve: { gracefulTimeout: Infinity } });
      using client = connectHealth(greeter, protocol);
      const next = statuses(client.watch({ service: GREETER }));
      assertEquals(await next(), Status.SERVING);
      const finished = greeter.server[how]();
      assertEquals(await next(), Status.NOT_SERVING);
      const error = await assertRejects(() => next(), ConnectError);
      assertEquals(error.code, Code.Unavailable);
      await finished;
    });
  }
}

Deno.test("Health.List refuses more than 100 services", async () => {
  await using greeter = await serveHealth();
  using client = connectHealth(greeter);
  const health = greeter.app.health as HealthStatus;
  for (let index = 0; health.size < 100; index++) health.set(`many.Service${index}`, "SERVING");
  assertEquals(Object.keys((await client.list({})).statuses).length, 100);
  health.set("one.TooMany", "SERVING");
  const error = await assertRejects(() => client.list({}), ConnectError);
  assertEquals(error.code, Code.ResourceExhausted);
});

Deno.test("Health answers grpc-js", async () => {
  await using greeter = await serveHealth();
  using client = connectGrpcJs(greeter.port);
  const { check, list, watch } = Health.method;
  assertEquals((await client.unary(check, { service: GREETER })).status, Status.SERVING);
  assertEquals(Object.keys((await client.unary(list, {})).statuses).sort(), ["", GREETER]);
  const unknown = client.unary(check, { service: "no.Such" });
  const { code } = await assertRejects(() => unknown) as unknown as { code: number };
  assertEquals(code, grpcStatus.NOT_FOUND);
  const next = statuses(client.serverStream(watch, { service: GREETER }));
  assertEquals(await next(), Status.SERVING);
  greeter.app.health.set(GREETER, "NOT_SERVING");
  assertEquals(await next(), Status.NOT_SERVING);
  const finished = greeter.server.shutdown();
  await assertRejects(() => next(), Error, "14 UNAVAILABLE: the server is shutting down");
  await finished;
});

Deno.test("Health.Watch gives a client that did not read the newest status", async () => {
  await using greeter = await serveHealth();
  const { health } = greeter.app;
  using client = connectHealth(greeter);
  const next = statuses(client.watch({ service: GREETER }));
  assertEquals(await next(), Status.SERVING);
  for (let turn = 0; turn < 10_000; turn++) {
    health.set(GREETER, turn % 2 === 0 ? "NOT_SERVING" : "SERVING");
    if (turn % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  health.set(GREETER, "UNKNOWN");
  let received = 0;
  let last: Status | undefined;
  while (last !== Status.UNKNOWN) {
    last = await next();
    received++;
  }
  assert(received <= 1001, `${received} messages for 1000 turns`);
});

Deno.test("Health.Watch leaves nothing behind when its clients are gone", async () => {
  await using greeter = await serveHealth();
  const woken = countWaiting(greeter);
  for (let round = 0; round < 5; round++) {
    using client = connectHealth(greeter);
    await Promise.all(Array.from({ length: 40 }, async () => {
      const leave = new AbortController();
      const next = statuses(client.watch({}, { signal: leave.signal }));
      assertEquals(await next(), Status.SERVING);
      leave.abort();
      await assertRejects(() => next(), ConnectError);
    }));
  }
  await eventually("no Watch is left", () => greeter.server.callCount === 0);
  await eventually("nobody waits for a change", () => woken() === 0);
});

/** Tells how many wait for a change of the status. */
function countWaiting({ app }: RunningGreeter): () => number {
  const health = app.health as HealthStatus;
  let waiting = 0;
  const changed = health.changed.bind(health);
  health.changed = (signal) => {
    waiting++;
    return changed(signal).finally(() => waiting--);
  };
  return () => waiting;
}

Deno.test("healthCheck is off by default: calls of Health are UNIMPLEMENTED", async () => {
  await using greeter = await serveGreeter();
  using client = connectHealth(greeter);
  const error = await assertRejects(() => client.check({}), ConnectError);
  assertEquals(error.code, Code.Unimplemented);
});

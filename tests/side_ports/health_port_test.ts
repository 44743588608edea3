import { assert, assertEquals } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { createClient } from "../../src/client.ts";
import { HealthStatus } from "../../src/health_status.ts";
import { openHealthPort } from "../../src/side_ports/health_port.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { PROTOCOLS } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { createPemSet } from "../support/pem_files.ts";
import { untilRefused } from "../support/waiting.ts";

function clientOf(port: number, protocol: typeof PROTOCOLS[number] = "grpc") {
  return createClient(Health, `http://127.0.0.1:${port}`, { protocol });
}

async function codeOf(call: Promise<unknown>): Promise<Code> {
  return ConnectError.from(await call.then(() => undefined, (error) => error)).code;
}

Deno.test("healthPort answers in plaintext for a server that wants client certificates", async () => {
  await using files = await createPemSet();
  await using greeter = await serveGreeter({
    serve: {
      ...files.mtls,
      healthPort: 0,
    },
  });
  await using health = clientOf(greeter.server.healthAddr!.port);
  assertEquals((await health.check({})).status, Status.SERVING);
  assertEquals((await health.check({ service: Greeter.typeName })).status, Status.SERVING);
  greeter.app.health.set(Greeter.typeName, "NOT_SERVING");
  assertEquals((await health.check({ service: Greeter.typeName })).status, Status.NOT_SERVING);
});

Deno.test("healthPort serves health and nothing else, and needs no healthCheck", async () => {
  let intercepted = 0;
  await using greeter = await serveGreeter({
    app: { maxReceiveBytes: 1 },
    serve: { healthPort: 0, reflection: true },
    prepare: (app) => void app.use((next) => (request) => (intercepted++, next(request))),
  });
  const { port } = greeter.server.healthAddr!;
  for (const protocol of PROTOCOLS) {
    await using health = clientOf(port, protocol);
    assertEquals((await health.check({ service: Greeter.typeName })).status, Status.SERVING);
    await using other = createClient(Greeter, `http://127.0.0.1:${port}`, { protocol });
    assertEquals(await codeOf(other.sayHello({})), Code.Unimplemented);
  }
  await using main = createClient(Health, greeter.baseUrl);
  assertEquals(await codeOf(main.check({})), Code.Unimplemented);
  assertEquals(intercepted, 0);
});

Deno.test("openHealthPort() takes no request that is longer than any service's name", async () => {
  const health = new HealthStatus();
  const side = await openHealthPort({ hostname: "127.0.0.1", port: 0 }, health);
  try {
    await using client = clientOf(side.addr.port);
    assertEquals(await codeOf(client.check({ service: "x" })), Code.NotFound);
    assertEquals(await codeOf(client.check({ service: "x".repeat(5000) })), Code.ResourceExhausted);
  } finally {
    await side.close();
  }
});

Deno.test("openHealthPort() ends those who watch when it closes, and tells each change before", async () => {
  const health = new HealthStatus();
  health.set("", "SERVING");
  const side = await openHealthPort({ hostname: "127.0.0.1", port: 0 }, health);
  await using client = clientOf(side.addr.port);
  const seen: Status[] = [];
  const watched = (async () => {
    for await (const { status } of client.watch({})) {
      seen.push(status);
      if (seen.length === 1) health.set("", "NOT_SERVING");
      if (seen.length === 2) void side.close();
    }
  })();
  const error = ConnectError.from(await watched.then(() => undefined, (error) => error));
  assertEquals(error.code, Code.Unavailable);
  assertEquals(seen, [Status.SERVING, Status.NOT_SERVING]);
  await side.close();
  await untilRefused(side.addr.port);
});

Deno.test("healthPort says NOT_SERVING until the server takes calls, and what was said meanwhile after", () => {
  const health = new HealthStatus();
  health.set("", "SERVING");
  health.set("a.B", "SERVING");
  health.hold();
  health.set("a.B", "NOT_SERVING");
  health.set("a.C", "SERVING");
  assertEquals([...health.entries()].map(([, status]) => status), Array(3).fill("NOT_SERVING"));
  assert(health.get("unknown") === undefined);
  health.resume();
  assertEquals([...health.entries()], [["", "SERVING"], ["a.B", "NOT_SERVING"], [
    "a.C",
    "SERVING",
  ]]);
});

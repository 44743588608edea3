import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { z } from "zod";
import { ConfigError, FastGRPC, Service } from "../../mod.ts";
import { createClient } from "../../src/client.ts";
import { writeProto } from "../../src/proto.ts";
import { testClient } from "../../src/testing.ts";
import { greeterHandlers } from "../../examples/greeter.ts";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { codeOf } from "../support/connect_node.ts";
import { createTempDirectory } from "../support/pem_files.ts";
import { untilRefused } from "../support/waiting.ts";
import { findPort } from "../support/nginx.ts";

const NAME = { request: z.object({ name: z.string() }), response: z.object({ text: z.string() }) };
const say = ({ name }: { name: string }) => ({ text: name });
const createEcho = (name = "demo.v1.Echo") => new Service(name).unaryUnary("Say", NAME, say);

/** Apps with one name for two services, and the remedy. */
const CLASHES: Readonly<Record<string, readonly [add: () => unknown, remedy: string]>> = {
  "two in code": [
    () => new FastGRPC().addService(createEcho()).addService(createEcho()),
    "add all its methods to one",
  ],
  "the app's own, and then one in code": [
    () =>
      new FastGRPC({ name: "demo.v1.Echo" }).unaryUnary("Say", NAME, say).addService(createEcho()),
    "add all its methods to one",
  ],
  "one in code, and then the app's own": [
    () =>
      new FastGRPC({ name: "demo.v1.Echo" }).addService(createEcho()).unaryUnary("Say", NAME, say),
    "add all its methods to one",
  ],
  "one generated, and then one in code": [
    () =>
      new FastGRPC().addService(Greeter, greeterHandlers)
        .addService(createEcho("greeter.v1.Greeter")),
    "add all its methods to one",
  ],
  "one in code, and then one generated": [
    () =>
      new FastGRPC().addService(createEcho("greeter.v1.Greeter"))
        .addService(Greeter, greeterHandlers),
    "put all its handlers in one object",
  ],
  "the app's own, and then one generated": [
    () =>
      new FastGRPC({ name: "greeter.v1.Greeter" }).unaryUnary("Say", NAME, say)
        .addService(Greeter, greeterHandlers),
    "put all its handlers in one object",
  ],
};

for (const [what, [add, remedy]] of Object.entries(CLASHES)) {
  Deno.test(`one name is not for two services: ${what}`, () => {
    assertThrows(add, TypeError, `a second time: ${remedy}`);
  });
}

Deno.test("a name that is taken leaves the app as it was", async () => {
  const app = new FastGRPC().addService(createEcho());
  assertThrows(() => app.addService(createEcho()), TypeError);
  await using client = testClient(app, createEcho());
  assertEquals(await client.say({ name: "Ada" }), { text: "Ada" });
});

Deno.test("app.addService() says what is wrong about handlers of a service in code", () => {
  assertThrows(
    () => new FastGRPC().addService(createEcho() as never, {} as never),
    TypeError,
    `Cannot add service "demo.v1.Echo" with handlers: it has its own`,
  );
});

Deno.test("app.unaryUnary() wants a name for the app's own service", () => {
  assertThrows(
    () => new FastGRPC().unaryUnary("Say", NAME, say),
    TypeError,
    `name it, as in new FastGRPC({ name: "demo.v1.Greeter" })`,
  );
});

Deno.test("an app whose schemas cannot be expressed opens no port, however often it is tried", async () => {
  const port = findPort();
  const app = new FastGRPC({ name: "demo.v1.Own" }).addService(createEcho())
    .unaryUnary("Bad", { ...NAME, request: z.set(z.string()) as never }, say);
  for (const _ of [1, 2]) {
    await assertRejects(
      () => app.serve({ port, hostname: "127.0.0.1" }),
      TypeError,
      `the request of "/demo.v1.Own/Bad"`,
    );
    await untilRefused(port);
  }
  // It has not become one that runs.
  app.unaryUnary("Good", NAME, say);
  assertThrows(() => app.toProto(), TypeError, `the request of "/demo.v1.Own/Bad"`);
});

Deno.test("an app that could not be served for its lock is served when there is one", async () => {
  await using folder = await createTempDirectory();
  const port = findPort();
  const echo = new Service("demo.v1.Echo", { proto: folder.directory }).unaryUnary(
    "Say",
    NAME,
    say,
  );
  const app = new FastGRPC().addService(echo);
  const options = { port, hostname: "127.0.0.1" };
  await assertRejects(() => app.serve(options), ConfigError, "write it by `deno task proto`");
  await untilRefused(port);
  assertThrows(
    () => createClient(echo, `http://127.0.0.1:${port}`),
    ConfigError,
    "without its lock",
  );
  await writeProto(app);
  await using server = await app.serve(options);
  await using client = createClient(echo, `http://127.0.0.1:${server.addr.port}`);
  assertEquals(await client.say({ name: "Ada" }), { text: "Ada" });
});

Deno.test("methods in code cannot be added to an app that runs, but again when it has stopped", async () => {
  const app = new FastGRPC({ name: "demo.v1.Own" }).unaryUnary("One", NAME, say);
  const options = { port: 0, hostname: "127.0.0.1" };
  {
    await using _server = await app.serve(options);
    assertThrows(
      () => app.unaryUnary("Two", NAME, say),
      TypeError,
      `Cannot add method "Two" to a running app: do it before serve()`,
    );
    assertThrows(() => app.addService(createEcho()), TypeError, "to a running app");
  }
  app.unaryUnary("Two", NAME, say).addService(createEcho());
  const shape = new Service("demo.v1.Own").unaryUnary("One", NAME, say).unaryUnary(
    "Two",
    NAME,
    say,
  );
  await using server = await app.serve(options);
  await using client = createClient(shape, `http://127.0.0.1:${server.addr.port}`);
  assertEquals(await client.two({ name: "Ada" }), { text: "Ada" });
});

Deno.test("health lists services in code by their names", async () => {
  const app = new FastGRPC({ name: "demo.v1.Own" }).unaryUnary("Say", NAME, say)
    .addService(createEcho()).addService(Greeter, greeterHandlers);
  app.health.set("demo.v1.Echo", "NOT_SERVING");
  await using health = testClient(app, Health, { healthCheck: true });
  const statuses = await Promise.all(
    ["", "demo.v1.Own", "demo.v1.Echo", "greeter.v1.Greeter"].map((service) =>
      health.check({ service })
    ),
  );
  assertEquals(
    statuses.map(({ status }) => Status[status]),
    ["SERVING", "SERVING", "NOT_SERVING", "SERVING"],
  );
  assertEquals(
    (await codeOf(health.check({ service: "demo.v1.Other" }))).split(":")[0],
    "NotFound",
  );
});

Deno.test("a user's own generated health service wins over the built-in one", async () => {
  const app = new FastGRPC().addService(Health, {
    check: () => ({ status: Status.NOT_SERVING }),
    list: () => ({}),
    watch: async function* () {},
  });
  for (const healthCheck of [true, false]) {
    await using client = testClient(app, Health, { healthCheck });
    assertEquals((await client.check({})).status, Status.NOT_SERVING);
  }
});

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createServer as createHttp1Server } from "node:http";
import { createSecureServer, createServer } from "node:http2";
import { createServer as createNetServer } from "node:net";
import { ConfigError, FastGRPC, type Server } from "../mod.ts";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { greeterHandlers } from "../examples/greeter.ts";
import type { HealthStatus } from "../src/health_status.ts";
import { startGreeter } from "./support/child_greeter.ts";
import { connectGreeter } from "./support/connect_node.ts";
import { serveGreeter } from "./support/greeter.ts";
import { connectGrpcJs } from "./support/grpc_js.ts";
import { createPemSet, readPemTexts } from "./support/pem_files.ts";

const LOCAL = { hostname: "127.0.0.1", port: 0 };

function createApp(): FastGRPC {
  return new FastGRPC().addService(Greeter, greeterHandlers);
}

/** Proves that a server answers. */
async function assertAnswers({ addr }: Server): Promise<void> {
  using client = connectGrpcJs(addr.port);
  const { message } = await client.unary(Greeter.method.sayHello, { name: "you" });
  assertEquals(message, "Hello you");
}

Deno.test("addService() refuses a service a second time", () => {
  assertThrows(
    () => createApp().addService(Greeter, greeterHandlers),
    TypeError,
    'Cannot add service "greeter.v1.Greeter" a second time: put all its handlers in one object',
  );
});

Deno.test("use() refuses what is no function", () => {
  assertThrows(() => createApp().use({} as never), TypeError, "Cannot use an interceptor that is");
});

Deno.test("a running app takes neither services nor interceptors, and a stopped one does", async () => {
  const app = new FastGRPC();
  const use = () => app.use((next) => (request) => next(request));
  const add = () => app.addService(Greeter, greeterHandlers);
  {
    await using _server = await app.serve(LOCAL);
    assertThrows(
      add,
      TypeError,
      'Cannot add service "greeter.v1.Greeter" to a running app: do it before serve()',
    );
    assertThrows(
      use,
      TypeError,
      "Cannot use an interceptor on a running app: do it before serve()",
    );
  }
  add();
  use();
  await using server = await app.serve(LOCAL);
  await assertAnswers(server);
});

Deno.test("serve() refuses an app that is running, however it was started", async () => {
  const app = createApp();
  const starting = app.serve(LOCAL);
  const message = "Cannot serve a running app a second time: wait for its shutdown() first";
  await assertRejects(() => app.serve(LOCAL), TypeError, message);
  await using server = await starting;
  await assertRejects(() => app.run(LOCAL), TypeError, message);
  await assertAnswers(server);
});

Deno.test("serve() serves an app again after its shutdown, with its health as it was set", async () => {
  const app = createApp();
  app.health.set("sick.Service", "NOT_SERVING");
  for (let time = 0; time < 2; time++) {
    await using server = await app.serve({ ...LOCAL, healthCheck: true });
    await assertAnswers(server);
    assertEquals([...(app.health as HealthStatus).entries()].sort(), [
      ["", "SERVING"],
      ["greeter.v1.Greeter", "SERVING"],
      ["sick.Service", "NOT_SERVING"],
    ]);
    await server.shutdown();
    assertEquals(app.health.get("greeter.v1.Greeter"), "NOT_SERVING");
  }
});

Deno.test("serve() fails when it cannot open the port, and succeeds when it can", async (t) => {
  await using other = await serveGreeter();
  const app = createApp();
  await t.step("the port is taken", async () => {
    await assertRejects(
      () => app.serve({ ...LOCAL, port: other.port }),
      ConfigError,
      "it is in use",
    );
  });
  await t.step("the address is not this machine's", async () => {
    await assertRejects(() => app.serve({ ...LOCAL, hostname: "192.0.2.1" }), Error, "192.0.2.1");
  });
  await t.step("a PEM file is missing", async () => {
    const files = { sslCertificateChain: "no.pem", sslPrivateKey: "no-key.pem" };
    await assertRejects(() => app.serve({ ...LOCAL, ...files }), ConfigError, "no.pem");
  });
  await using server = await app.serve(LOCAL);
  await assertAnswers(server);
});

Deno.test("run() without the permission to listen fails, and names the permission", async () => {
  await using server = startGreeter({ flags: [] });
  await server.printed(/Cannot listen on 127.0.0.1:0: run Deno with --allow-net=127.0.0.1:0/);
  assertEquals((await server.status).code, 1);
});

Deno.test({
  name: "serve() without the permission to listen throws, and the app can be served again",
  permissions: { net: ["127.0.0.1"], read: true, env: true },
  fn: async () => {
    const app = createApp();
    await assertRejects(
      () => app.serve({ port: 0 }),
      ConfigError,
      "Cannot listen on [::]:0: run Deno with --allow-net=[::]:0",
    );
    await using server = await app.serve(LOCAL);
    await assertAnswers(server);
  },
});

Deno.test("Server.addr is kept after the end, and missing before the user's own server listens", async () => {
  const server = await createApp().serve(LOCAL);
  const { port } = server.addr;
  await server.shutdown();
  assertEquals(server.addr.port, port);

  const own = await createApp().addToServer(createServer());
  assertThrows(() => own.addr, TypeError, "call listen() first");
  await own.shutdown();
});

Deno.test("serve() shuts down when its signal is aborted", async () => {
  const controller = new AbortController();
  const server = await createApp().serve({ ...LOCAL, signal: controller.signal });
  await assertAnswers(server);
  controller.abort();
  await server.finished;
  assertEquals(server.connectionCount, 0);
});

Deno.test("serve() shuts down when its signal was aborted while the port was opened", async () => {
  const controller = new AbortController();
  const starting = createApp().serve({ ...LOCAL, signal: controller.signal });
  controller.abort();
  await (await starting).finished;
});

Deno.test("serve() opens no port when its signal is aborted already", async () => {
  const reason = new Error("changed my mind");
  const signal = AbortSignal.abort(reason);
  await assertRejects(() => createApp().serve({ ...LOCAL, signal }), Error, reason.message);
});

Deno.test("run() serves until its signal is aborted, and calls onListen with the address", async () => {
  const app = createApp();
  for (let time = 0; time < 2; time++) {
    const controller = new AbortController();
    let port = 0;
    await app.run({
      ...LOCAL,
      signal: controller.signal,
      onListen: (addr) => {
        port = addr.port;
        controller.abort();
      },
    });
    assert(port > 0);
  }
});

Deno.test("run() stops when onListen throws, and fails with its error", async () => {
  const app = createApp();
  const onListen = () => {
    throw new Error("cannot announce");
  };
  await assertRejects(() => app.run({ ...LOCAL, onListen }), Error, "cannot announce");
  await using server = await app.serve(LOCAL);
  await assertAnswers(server);
});

Deno.test("addToServer() serves on a node:http2 server and closes it in the end", async () => {
  await using pem = await createPemSet();
  const { sslCertificateChain, sslPrivateKey, caCertificate } = await readPemTexts(pem);
  const http2Server = createSecureServer({ cert: sslCertificateChain, key: sslPrivateKey });
  const server = await createApp().addToServer(http2Server, { gracefulTimeout: "5s" });
  await new Promise<void>((resolve) => http2Server.listen(0, "127.0.0.1", resolve));
  const closed = new Promise((resolve) => http2Server.once("close", resolve));
  {
    const options = { tls: { ca: caCertificate } };
    using client = connectGreeter(`https://localhost:${server.addr.port}`, options);
    assertEquals((await client.sayHello({ name: "you" })).message, "Hello you");
  }
  await server.shutdown();
  await closed;
  assertEquals(server.connectionCount, 0);
});

Deno.test("addToServer() refuses a server that answers requests already", async () => {
  const http2Server = createServer(() => {});
  const app = createApp();
  await assertRejects(
    () => app.addToServer(http2Server),
    TypeError,
    "Cannot mount the app on a server that has a request handler: create the server without one",
  );
  await using server = await app.serve(LOCAL);
  await assertAnswers(server);
});

const NO_HTTP2_SERVERS: Readonly<Record<string, unknown>> = {
  "a server of node:http": createHttp1Server(),
  "a server of node:net": createNetServer(),
  "an object": {},
  "null": null,
};

for (const [what, server] of Object.entries(NO_HTTP2_SERVERS)) {
  Deno.test(`addToServer() refuses ${what}, and the app can be served`, async () => {
    const app = createApp();
    await assertRejects(
      () => app.addToServer(server as never),
      TypeError,
      "Cannot mount the app on what is no server of node:http2: use createServer() or",
    );
    await using running = await app.serve(LOCAL);
    await assertAnswers(running);
  });
}

Deno.test("an app may serve a Health of its own", async () => {
  const app = new FastGRPC().addService(Health, {
    check: () => ({ status: 2 }),
    list: () => ({}),
    async *watch() {},
  });
  await using server = await app.serve({ ...LOCAL, healthCheck: true });
  using client = connectGrpcJs(server.addr.port);
  assertEquals((await client.unary(Health.method.check, {})).status, 2);
});

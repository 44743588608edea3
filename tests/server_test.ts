import { assert, assertEquals, assertLess, assertRejects, assertStrictEquals } from "@std/assert";
import { ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import type { HealthStatus } from "../src/health_status.ts";
import { connectGreeter, PROTOCOLS } from "./support/connect_node.ts";
import { serveGreeter } from "./support/greeter.ts";
import { connectHttp2 } from "./support/http2_client.ts";
import { Gate, never } from "./support/stalling.ts";
import { eventually, untilRefused } from "./support/waiting.ts";
import { bodyOf, callSayHello, CONTENT_TYPES } from "./support/wire_formats.ts";

/** Far longer than anything here takes, and shorter than what a test may wait for. */
const SOON_MS = 4000;

/** Handlers that wait for ever and do not look at their signal, which is kept. */
function createDeafHandlers() {
  const signals: AbortSignal[] = [];
  return {
    signals,
    handlers: {
      sayHello(_request: unknown, context: { signal: AbortSignal }): Promise<{ message: string }> {
        signals.push(context.signal);
        return never();
      },
      async *sayHelloTimes(_request: unknown, context: { signal: AbortSignal }) {
        yield { message: "Hello" };
        signals.push(context.signal);
        await never();
      },
    },
  };
}

/** Handlers that wait at a gate. */
function createGatedHandlers(gate: Gate) {
  return {
    async sayHello(request: { name: string }) {
      if (request.name === "wait") await gate.pass();
      return { message: `Hello ${request.name}` };
    },
    async *sayHelloTimes() {
      yield { message: "first" };
      await gate.pass();
      yield { message: "last" };
    },
  };
}

const UNAVAILABLE = { code: "unavailable", message: "the server is shutting down" };

for (const protocol of PROTOCOLS) {
  Deno.test(`shutdown() lets calls in flight finish, by ${protocol}`, async () => {
    const gate = new Gate();
    await using greeter = await serveGreeter({
      handlers: createGatedHandlers(gate),
      serve: { gracefulTimeout: Infinity },
    });
    using client = connectGreeter(greeter.baseUrl, { protocol });
    const unary = callSayHello(greeter.baseUrl, protocol, "wait");
    const stream = Array.fromAsync(client.sayHelloTimes({}), (reply) => reply.message);
    await gate.reached(2);

    let isFinished = false;
    const finished = greeter.server.shutdown().then(() => isFinished = true);
    await untilRefused(greeter.port);
    assert(!isFinished);
    assertEquals(greeter.server.callCount, 2);

    gate.open();
    assertEquals(await unary, { code: "ok", message: "" });
    assertEquals(await stream, ["first", "last"]);
    await finished;
  });

  for (const gracefulTimeout of ["50ms", undefined]) {
    const when = gracefulTimeout === undefined ? "without a gracefulTimeout" : "at gracefulTimeout";
    Deno.test(`shutdown() ends calls of deaf handlers ${when}, by ${protocol}`, async () => {
      const { handlers, signals } = createDeafHandlers();
      await using greeter = await serveGreeter({
        handlers,
        serve: gracefulTimeout === undefined ? {} : { gracefulTimeout },
      });
      using client = connectGreeter(greeter.baseUrl, { protocol });
      const unary = callSayHello(greeter.baseUrl, protocol, "");
      const stream = assertUnavailable(Array.fromAsync(client.sayHelloTimes({})));
      await eventually("both handlers run", () => signals.length === 2);

      const before = performance.now();
      await greeter.server.shutdown();
      assertLess(performance.now() - before, SOON_MS);
      assertEquals(await unary, UNAVAILABLE);
      await stream;
      for (const { reason } of signals) {
        assert(reason instanceof ConnectError);
        assertEquals({ code: codeToString(reason.code), message: reason.rawMessage }, UNAVAILABLE);
      }
    });
  }
}

async function assertUnavailable(call: Promise<unknown>): Promise<void> {
  const error = await assertRejects(() => call, ConnectError);
  assertEquals({ code: codeToString(error.code), message: error.rawMessage }, UNAVAILABLE);
}

Deno.test("stop() ends a graceful shutdown, and the wait for lameDuck", async (t) => {
  for (const serve of [{ gracefulTimeout: Infinity }, { lameDuck: Infinity }]) {
    await t.step(Object.keys(serve)[0]!, async () => {
      const { handlers, signals } = createDeafHandlers();
      await using greeter = await serveGreeter({ handlers, serve });
      const call = callSayHello(greeter.baseUrl, "grpc", "");
      await eventually("the handler runs", () => signals.length === 1);
      const finished = greeter.server.shutdown();
      assertStrictEquals(greeter.server.shutdown(), finished);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assertEquals(greeter.server.callCount, 1);

      const before = performance.now();
      await greeter.server.stop();
      assertLess(performance.now() - before, SOON_MS);
      assertEquals(await call, UNAVAILABLE);
      await finished;
    });
  }
});

Deno.test("stop() needs no shutdown() before it", async () => {
  const { handlers, signals } = createDeafHandlers();
  await using greeter = await serveGreeter({
    handlers,
    serve: { lameDuck: Infinity, gracefulTimeout: Infinity },
  });
  const call = callSayHello(greeter.baseUrl, "grpc", "");
  await eventually("the handler runs", () => signals.length === 1);
  await Promise.all([greeter.server.stop(), greeter.server.stop()]);
  assertEquals(await call, UNAVAILABLE);
  await untilRefused(greeter.port);
});

Deno.test("shutdown() ends calls with endOnDrain at once and waits for the others", async () => {
  const gate = new Gate();
  const deaf = createDeafHandlers();
  await using greeter = await serveGreeter({
    handlers: { ...createGatedHandlers(gate), sayHelloTimes: deaf.handlers.sayHelloTimes },
    service: { methods: { sayHelloTimes: { endOnDrain: true } } },
    serve: { gracefulTimeout: "3s" },
  });
  using client = connectGreeter(greeter.baseUrl);
  const endless = assertUnavailable(Array.fromAsync(client.sayHelloTimes({})));
  const other = callSayHello(greeter.baseUrl, "grpc", "wait");
  await Promise.all([
    gate.reached(1),
    eventually("the stream runs", () => deaf.signals.length === 1),
  ]);
  const finished = greeter.server.shutdown();
  await endless;
  assertEquals(greeter.server.callCount, 1);
  gate.open();
  assertEquals(await other, { code: "ok", message: "" });
  await finished;
});

Deno.test("shutdown() sends GOAWAY on every session and closes those that are idle", async () => {
  await using greeter = await serveGreeter({ serve: { gracefulTimeout: Infinity } });
  const goaways: number[] = [];
  const closed = [1, 2, 3].map(() => {
    const { session } = connectHttp2(greeter.baseUrl);
    session.on("goaway", (code) => goaways.push(code));
    return new Promise((resolve) => session.once("close", resolve));
  });
  await eventually("three connections", () => greeter.server.connectionCount === 3);
  await greeter.server.shutdown();
  await Promise.all(closed);
  assert(goaways.length >= 3);
  assertEquals(new Set(goaways), new Set([0]));
});

Deno.test("shutdown() is not held up by a client that stopped reading", async () => {
  const message = "x".repeat(100_000);
  await using greeter = await serveGreeter({
    handlers: {
      async *sayHelloTimes() {
        while (true) yield await Promise.resolve({ message });
      },
    },
    serve: { gracefulTimeout: "50ms" },
  });
  using client = connectHttp2(greeter.baseUrl);
  const stream = client.open("/greeter.v1.Greeter/SayHelloTimes", {
    "content-type": CONTENT_TYPES.grpc,
  });
  stream.end(bodyOf("grpc"));
  await new Promise((resolve) => stream.once("response", resolve));
  const before = performance.now();
  await greeter.server.shutdown();
  assertLess(performance.now() - before, SOON_MS);
});

Deno.test("Server is disposed of by its shutdown()", async () => {
  const gate = new Gate();
  const greeter = await serveGreeter({
    handlers: createGatedHandlers(gate),
    serve: { gracefulTimeout: Infinity },
  });
  const call = callSayHello(greeter.baseUrl, "grpc", "wait");
  {
    await using server = greeter.server;
    await gate.reached(1);
    (greeter.app.health as HealthStatus).changed(new AbortController().signal).then(() =>
      gate.open()
    );
    assertEquals(server.callCount, 1);
  }
  assertEquals(await call, { code: "ok", message: "" });
  assertEquals(greeter.server.connectionCount, 0);
});

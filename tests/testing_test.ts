import { z } from "zod";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Code } from "@connectrpc/connect";
import { createClient } from "../src/client.ts";
import { testClient } from "../src/testing.ts";
import { FastGRPC } from "../mod.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../examples/greeter.ts";
import { captureLog } from "./support/captured_log.ts";
import { SCENARIOS } from "./support/client_scenarios.ts";
import { codeOf, PROTOCOLS } from "./support/connect_node.ts";
import { type GreeterOptions, serveGreeter } from "./support/greeter.ts";
import { randomBytes } from "./support/random_bytes.ts";
import { never } from "./support/stalling.ts";
import { eventually } from "./support/waiting.ts";

for (const protocol of PROTOCOLS) {
  for (const [title, scenario] of Object.entries(SCENARIOS)) {
    Deno.test(`testClient() answers as a server does by ${protocol}: ${title}`, async () => {
      await using log = await captureLog();
      await using greeter = await serveGreeter({
        ...scenario,
        prepare: (app) => scenario.interceptors?.forEach((each) => app.use(each)),
      });
      const onWire = createClient(Greeter, greeter.baseUrl, { protocol });
      const wanted = await scenario.run(onWire);
      await onWire.close();
      await eventually("the call is over", () => greeter.server.callCount === 0);
      const lines = log.access();
      await using client = testClient(greeter.app, Greeter, { protocol });
      assertEquals(await scenario.run(client), wanted);
      await eventually("as much is logged", () => log.access().length === 2 * lines.length);
      assertEquals(log.access().slice(lines.length).sort(), lines.sort());
    });
  }

  Deno.test(`testClient() ends a call on time by ${protocol}`, async () => {
    const reasons: unknown[] = [];
    const app = createApp({
      sayHello(_, { signal }) {
        signal.addEventListener("abort", () => reasons.push(signal.reason.code));
        return never();
      },
    });
    await using client = testClient(app, Greeter, { protocol, timeout: "30ms" });
    assertEquals((await codeOf(client.sayHello({}))).slice(0, 16), "DeadlineExceeded");
    assertEquals(
      (await codeOf(client.sayHello({}, { signal: AbortSignal.timeout(10) }))).slice(0, 8),
      "Canceled",
    );
    await eventually("handlers are told", () => reasons.length === 2);
    assertEquals(reasons[1], Code.Canceled);
  });

  Deno.test(`testClient() lets a reader hold the handler back by ${protocol}`, async () => {
    let made = 0;
    let stopped = false;
    const message = randomBytes(7500).toBase64();
    const app = createApp({
      async *sayHelloTimes() {
        try {
          while (made < 1000) {
            made++;
            yield { message };
          }
        } finally {
          stopped = true;
        }
      },
    });
    await using client = testClient(app, Greeter, { protocol });
    const replies = client.sayHelloTimes({})[Symbol.asyncIterator]();
    await replies.next();
    let before = -1;
    for (let quiet = 0; quiet < 3; before = made) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      quiet = made === before ? quiet + 1 : 0;
    }
    assert(made < 20, `${made} messages are made ahead`);
    for (let read = 0; read < 30; read++) await replies.next();
    assert(made > 30, `${made} messages are made`);
    await replies.return?.();
    await eventually("the handler is stopped", () => stopped);
  });

  Deno.test(`testClient() lets a handler hold the sender back by ${protocol}`, async () => {
    let sent = 0;
    let returned = false;
    const app = createApp({
      async sayHelloToAll(requests) {
        for await (const _ of requests) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          break;
        }
        return { message: `${sent}` };
      },
    });
    async function* endless() {
      try {
        while (sent < 1000) {
          sent++;
          yield { name: "x".repeat(10_000) };
        }
      } finally {
        returned = true;
      }
    }
    await using client = testClient(app, Greeter, { protocol });
    const { message } = await client.sayHelloToAll(endless());
    assert(Number(message) < 20, `${message} messages are taken ahead`);
    await eventually("the sender is stopped", () => returned);
  });

  Deno.test(`testClient() ends what is in progress when it is closed, by ${protocol}`, async () => {
    const app = createApp({ sayHello: never });
    const client = testClient(app, Greeter, { protocol });
    const call = codeOf(client.sayHello({}));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await client.close();
    assertEquals(await call, "Canceled: the client is closed");
    assertEquals(await codeOf(client.sayHello({})), "Canceled: the client is closed");
  });
}

Deno.test("testClient() shows handlers a peer in the process, or the one that it is given", async () => {
  const app = createApp({ sayHello: (_, { peer }) => ({ message: JSON.stringify(peer) }) });
  await using client = testClient(app, Greeter);
  assertEquals(JSON.parse((await client.sayHello({})).message), {
    address: "in-process",
    port: 0,
    encrypted: false,
  });
  await using other = testClient(app, Greeter, { peer: { address: "10.0.0.1", encrypted: true } });
  assertEquals(JSON.parse((await other.sayHello({})).message), {
    address: "10.0.0.1",
    port: 0,
    encrypted: true,
  });
});

Deno.test("testClient() serves health where it is told to", async () => {
  const app = createApp();
  await using without = testClient(app, Health);
  assertEquals((await codeOf(without.check({}))).slice(0, 13), "Unimplemented");
  await using client = testClient(app, Health, { healthCheck: true });
  assertEquals((await client.check({ service: Greeter.typeName })).status, 1);
  const watch = client.watch({ service: Greeter.typeName })[Symbol.asyncIterator]();
  assertEquals((await watch.next()).value?.status, 1);
  app.health.set(Greeter.typeName, "NOT_SERVING");
  assertEquals((await watch.next()).value?.status, 2);
  await watch.return?.();
});

Deno.test("testClient() gives a service's calls that are made with a handler's context its deadline", async () => {
  const far = createApp({ sayHello: (_, c) => ({ message: `${c.timeRemaining()}` }) });
  await using farClient = testClient(far, Greeter);
  const near = createApp({ sayHello: (_, context) => farClient.sayHello({}, { context }) });
  await using client = testClient(near, Greeter, { timeout: 3 });
  const left = Number((await client.sayHello({})).message);
  assert(left > 2 && left <= 3, `${left} s left`);
});

Deno.test("testClient() leaves an app that is served alone, and the other way round", async () => {
  await using greeter = await serveGreeter();
  await using client = testClient(greeter.app, Greeter);
  await using wire = createClient(Greeter, greeter.baseUrl);
  assertEquals((await client.sayHello({ name: "Ada" })).message, "Hello Ada");
  await client.close();
  assertEquals((await wire.sayHello({ name: "Ada" })).message, "Hello Ada");
});

Deno.test("testClient() tells of what it cannot use", () => {
  const app = createApp();
  const wrong: readonly (readonly [create: () => unknown, message: string])[] = [
    [() => testClient({} as FastGRPC, Greeter), "Cannot test what is no app"],
    [() => testClient(app), "the app has no methods of its own"],
    [() => testClient(app, {} as typeof Greeter), "without a service"],
    [() => testClient(app, Greeter, { protocl: "grpc" } as never), 'did you mean "protocol"?'],
    [() => testClient(app, Greeter, { peer: { adress: "" } as never }), 'did you mean "address"?'],
    [() => testClient(app, Greeter, { tls: {} } as never), 'with option "tls"'],
  ];
  for (const [create, message] of wrong) assertThrows(create, TypeError, message);
});

Deno.test("testClient() of an app alone calls the app's own service, typed if it is one chain", async () => {
  const text = z.object({ text: z.string() });
  const app = new FastGRPC({ name: "demo.v1.Echo" })
    .unaryUnary("Say", { request: text, response: text }, (request) => request)
    .unaryStream("Repeat", { request: text, response: text }, async function* (request) {
      yield request;
      yield request;
    });
  await using client = testClient(app, { timeout: "5s" });
  const said: { text: string } = await client.say({ text: "a" });
  assertEquals(said, { text: "a" });
  assertEquals(await Array.fromAsync(client.repeat({ text: "b" })), [{ text: "b" }, { text: "b" }]);
  // @ts-expect-error There is no such method.
  assertEquals(client.shout, undefined);

  const untyped: FastGRPC = new FastGRPC({ name: "demo.v1.Echo" });
  untyped.unaryUnary("Say", { request: text, response: text }, (request) => request);
  await using loose = testClient(untyped);
  assertEquals(await loose.say!({ text: "c" }), { text: "c" });
});

function createApp(handlers: GreeterOptions["handlers"] = {}): FastGRPC {
  return new FastGRPC().addService(Greeter, { ...greeterHandlers, ...handlers });
}

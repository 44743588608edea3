import { assertEquals } from "@std/assert";
import { z } from "zod";
import { FastGRPC, type Interceptor, Service } from "../../mod.ts";
import { createClient } from "../../src/client.ts";
import { testClient } from "../../src/testing.ts";
import { codeOf, PROTOCOLS } from "../support/connect_node.ts";
import { never } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";

const Said = z.object({ text: z.string().min(1) });
const both = { request: Said, response: Said };

const notes: string[] = [];

const noting = (name: string): Interceptor => (next) => async (request) => {
  notes.push(`${name} in`);
  const response = await next(request);
  notes.push(`${name} out`);
  return response;
};

Deno.test("interceptors of an app, a service and a method in code are around it in that order", async () => {
  const service = new Service("demo.v1.Noted", { interceptors: [noting("service")] })
    .unaryUnary("Say", { ...both, interceptors: [noting("a"), noting("b")] }, (said) => said)
    .unaryUnary("Other", both, (said) => said);
  const app = new FastGRPC().use(noting("app")).addService(service);
  for (const protocol of PROTOCOLS) {
    await using client = testClient(app, service, { protocol, interceptors: [noting("client")] });
    notes.length = 0;
    await client.say({ text: "x" });
    assertEquals(notes, [
      ...["client in", "app in", "service in", "a in", "b in"],
      ...["b out", "a out", "service out", "app out", "client out"],
    ]);
    notes.length = 0;
    await client.other({ text: "x" });
    assertEquals(notes.slice(0, 3), ["client in", "app in", "service in"]);
    assertEquals(notes.length, 6);
  }
});

Deno.test("an interceptor sees messages in code as protobuf has them, before they are validated", async () => {
  const seen: string[] = [];
  const look: Interceptor = (next) => (request) => {
    if (!request.stream) seen.push(request.message.$typeName, request.method.name);
    return next(request);
  };
  const app = new FastGRPC().use(look);
  const service = new Service("demo.v1.Seen").unaryUnary("Say", both, (said) => said);
  app.addService(service);
  await using client = testClient(app, service);
  assertEquals((await codeOf(client.say({ text: "" }))).split(":")[0], "InvalidArgument");
  assertEquals(seen, ["demo.v1.SayRequest", "Say"]);
});

Deno.test("shutdown() ends calls in code with endOnDrain at once and waits for the others", async () => {
  const open = Promise.withResolvers<void>();
  const service = new Service("demo.v1.Drain")
    .unaryStream("Watch", { ...both, endOnDrain: true }, async function* () {
      yield { text: "first" };
      await never();
    })
    .unaryUnary("Slow", both, async () => {
      await open.promise;
      return { text: "whole" };
    });
  await using server = await new FastGRPC().addService(service)
    .serve({ port: 0, hostname: "127.0.0.1", gracefulTimeout: "3s" });
  await using client = createClient(service, `http://127.0.0.1:${server.addr.port}`);
  const watching = client.watch({ text: "x" })[Symbol.asyncIterator]();
  assertEquals(await watching.next(), { done: false, value: { text: "first" } });
  const slow = client.slow({ text: "x" });
  await eventually("both calls", () => server.callCount === 2);
  const ended = codeOf(watching.next());
  const stopped = server.shutdown();
  assertEquals((await ended).split(":")[0], "Unavailable");
  assertEquals(server.callCount, 1);
  open.resolve();
  assertEquals(await slow, { text: "whole" });
  await stopped;
});

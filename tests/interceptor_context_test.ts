import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  Code,
  ConnectError,
  contextOf,
  createContextKey,
  FastGRPC,
  type Interceptor,
} from "../mod.ts";
import { testClient } from "../src/testing.ts";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../examples/greeter.ts";
import { codeOf, PROTOCOLS } from "./support/connect_node.ts";
import type { GreeterOptions } from "./support/greeter.ts";
import { never } from "./support/stalling.ts";

const USER = createContextKey("nobody");

for (const protocol of PROTOCOLS) {
  Deno.test(`contextOf() shows who calls, to let some in (${protocol})`, async () => {
    const onlyLocal: Interceptor = (next) => (request) => {
      const { address } = contextOf(request).peer;
      if (address !== "10.0.0.1") throw new ConnectError("not you", Code.PermissionDenied);
      return next(request);
    };
    const app = createApp().use(onlyLocal);
    await using friend = testClient(app, Greeter, { protocol, peer: { address: "10.0.0.1" } });
    await using stranger = testClient(app, Greeter, { protocol, peer: { address: "10.0.0.2" } });
    assertEquals(await codeOf(friend.sayHello({})), "OK");
    assertEquals(await codeOf(stranger.sayHello({})), "PermissionDenied: not you");
  });

  Deno.test(`contextOf() ends what an interceptor calls with its call (${protocol})`, async () => {
    let left = Infinity;
    const upstream = createApp({
      sayHello(_, context) {
        left = context.timeRemaining();
        return never();
      },
    });
    await using guard = testClient(upstream, Greeter);
    const app = createApp().use((next) => async (request) => {
      await guard.sayHello({}, { context: contextOf(request) });
      return await next(request);
    });
    await using client = testClient(app, Greeter, { protocol, timeout: "50ms" });
    assertEquals((await codeOf(client.sayHello({}))).slice(0, 16), "DeadlineExceeded");
    assert(left <= 0.05, `${left} s`);
  });

  Deno.test(`contextOf() works on a request that an interceptor made (${protocol})`, async () => {
    const seen: unknown[] = [];
    const app = createApp()
      .use((next) => (request) => {
        const header = new Headers({ "x-user": "Ada" });
        request.contextValues.set(USER, "Ada");
        return next({ ...request, header } as typeof request);
      })
      .use((next) => (request) => {
        const { metadata, values } = contextOf(request);
        seen.push(metadata.get("x-user"), values.get(USER));
        return next(request);
      });
    await using client = testClient(app, Greeter, { protocol });
    await client.sayHello({});
    assertEquals(seen, ["Ada", "Ada"]);
  });
}

Deno.test("contextOf() refuses a request that is not being served", async () => {
  const checked: unknown[] = [];
  const ofClient: Interceptor = (next) => (request) => {
    checked.push(assertThrows(() => contextOf(request), TypeError, "is not being served"));
    return next(request);
  };
  await using client = testClient(createApp(), Greeter, { interceptors: [ofClient] });
  await client.sayHello({});
  assertEquals(checked.length, 1);
});

Deno.test("contextOf() has no metadata to send, which are the response's", () => {
  // @ts-expect-error: not there
  const misuse = (request: Parameters<typeof contextOf>[0]) => contextOf(request).responseHeaders;
  assertEquals(typeof misuse, "function");
});

function createApp(handlers: GreeterOptions["handlers"] = {}): FastGRPC {
  return new FastGRPC().addService(Greeter, { ...greeterHandlers, ...handlers });
}

import { assertEquals, assertThrows } from "@std/assert";
import type { FastGRPC, ServiceContext } from "../mod.ts";
import { greeterHandlers } from "../examples/greeter.ts";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { resolveService, type ServiceImplementation, type ServiceOptions } from "../src/service.ts";

type Handlers = ServiceImplementation<typeof Greeter>;
type Options = ServiceOptions<typeof Greeter>;

function timeouts(options: Options, globalMs?: number): Record<string, number> {
  const methods = resolveService(Greeter, greeterHandlers, options, globalMs);
  return Object.fromEntries(methods.map(({ desc, timeoutMs }) => [desc.localName, timeoutMs]));
}

Deno.test("resolveService() prefers the method's timeout to the service's to the app's", () => {
  const options: Options = { timeout: 10, methods: { sayHello: { timeout: 5 } } };
  assertEquals(timeouts(options, 30_000), {
    sayHello: 5000,
    sayHelloTimes: 10_000,
    sayHelloToAll: 10_000,
    chat: 10_000,
  });
  assertEquals(timeouts({}, 30_000).chat, 30_000);
  assertEquals(timeouts({}).chat, Infinity);
});

Deno.test("resolveService() lets a method or a service lift an outer timeout", () => {
  const options: Options = { timeout: 10, methods: { chat: { timeout: Infinity } } };
  assertEquals(timeouts(options, 30_000).chat, Infinity);
  assertEquals(timeouts({ timeout: Infinity }, 30_000).sayHello, Infinity);
});

Deno.test("resolveService() keeps the app's timeout from a standalone service", () => {
  assertEquals(timeouts({ standalone: true }, 30_000).sayHello, Infinity);
  assertEquals(timeouts({ standalone: true, timeout: 5 }, 30_000).sayHello, 5000);
});

Deno.test("resolveService() gives the path that clients call", () => {
  const paths = resolveService(Greeter, greeterHandlers, {}, undefined).map(({ path }) => path);
  assertEquals(paths[0], "/greeter.v1.Greeter/SayHello");
});

Deno.test("resolveService() binds the methods of a class", () => {
  class English {
    #greeting = "Hello";
    log = () => this.#greeting;
    sayHello() {
      return { message: this.#greeting };
    }
    async *sayHelloTimes() {}
    sayHelloToAll() {
      return {};
    }
    async *chat() {}
  }
  const [sayHello] = resolveService(Greeter, new English(), {}, undefined);
  assertEquals(sayHello!.handler(undefined as never, {} as ServiceContext), { message: "Hello" });
});

const { sayHello: _, ...withoutSayHello } = greeterHandlers;
const MISUSES: readonly [string, () => unknown, string][] = [
  [
    "interceptors that are no list",
    () =>
      resolveService(Greeter, greeterHandlers, { interceptors: (() => {}) as never }, undefined),
    'Cannot set interceptors of service "greeter.v1.Greeter"',
  ],
  [
    "an interceptor that is no function",
    () =>
      resolveService(Greeter, greeterHandlers, {
        methods: { sayHello: { interceptors: [{}] as never } },
      }, undefined),
    'Cannot set interceptors of method "/greeter.v1.Greeter/SayHello"',
  ],
  [
    "a handler that is missing",
    () => resolveService(Greeter, withoutSayHello as Handlers, {}, undefined),
    `Cannot add service "greeter.v1.Greeter" without handlers for sayHello: write them`,
  ],
  [
    "a handler that is misspelt",
    () => resolveService(Greeter, { ...greeterHandlers, sayHelo() {} } as Handlers, {}, undefined),
    `with handler "sayHelo": did you mean "sayHello"?`,
  ],
  [
    "no handlers at all",
    () => resolveService(Greeter, undefined as unknown as Handlers, {}, undefined),
    `without handlers: pass an object with sayHello`,
  ],
  [
    "no description",
    () => resolveService(undefined as unknown as typeof Greeter, greeterHandlers, {}, undefined),
    `pass the service that was generated`,
  ],
  [
    "an option that is misspelt",
    () => timeouts({ timeot: 5 } as Options),
    `with option "timeot": did you mean "timeout"?`,
  ],
  [
    "options of a method that does not exist",
    () => timeouts({ methods: { sayGoodbye: { timeout: 5 } } } as Options),
    `with option "sayGoodbye"`,
  ],
  [
    "an option of a method that is misspelt",
    () => timeouts({ methods: { chat: { endOnDrian: true } } } as Options),
    `did you mean "endOnDrain"?`,
  ],
];

for (const [what, misuse, message] of MISUSES) {
  Deno.test(`resolveService() refuses ${what}`, () => {
    assertThrows(misuse, TypeError, message);
  });
}

Deno.test("resolveService() names the method whose timeout is none", () => {
  assertThrows(
    () => timeouts({ methods: { chat: { timeout: "5" } } }),
    RangeError,
    `Cannot use "5" as "timeout of /greeter.v1.Greeter/Chat"`,
  );
});

/** Checked by the compiler alone: each line below an expected error must be one. */
function _types(app: FastGRPC): void {
  app.addService(Greeter, {
    ...greeterHandlers,
    // @ts-expect-error no such method
    sayGoodbye: () => ({}),
  });
  // @ts-expect-error a method is missing
  app.addService(Greeter, withoutSayHello);
  app.addService(Greeter, {
    ...greeterHandlers,
    // @ts-expect-error no such field in the request
    sayHello: (request) => ({ message: request.nome }),
  });
  app.addService(Greeter, {
    ...greeterHandlers,
    // @ts-expect-error a reply of the wrong type
    sayHello: () => ({ message: 5 }),
  });
  app.addService(Greeter, {
    ...greeterHandlers,
    // @ts-expect-error one reply where a stream is wanted
    sayHelloTimes: () => ({ message: "" }),
  });
  app.addService(Greeter, {
    ...greeterHandlers,
    // @ts-expect-error a stream of requests is no request
    sayHelloToAll: (requests) => ({ message: requests.name }),
  });
  app.addService(Greeter, greeterHandlers, {
    // @ts-expect-error no such method
    methods: { sayGoodbye: {} },
  });
  app.addService(Greeter, {
    ...greeterHandlers,
    sayHello: (request, context) => {
      const name: string = request.name;
      const seconds: number = context.timeRemaining();
      return { message: `${name} ${seconds}` };
    },
    async *chat(requests, context) {
      for await (const { name } of requests) yield { message: `${name} ${context.peer.address}` };
    },
  });
}

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { z } from "zod";
import { z as zod3 } from "zod/v3";
import { type CodeMethodOptions, FastGRPC, Service } from "../../mod.ts";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";

const NOTHING = { request: z.void(), response: z.void() };
const nothing = () => {};

/** Options and names of any kind, as they are without types. */
// deno-lint-ignore no-explicit-any
type Anything = any;

/** Services that cannot be made, with what is said of them. */
const SERVICES:
  readonly (readonly [what: string, name: Anything, options: Anything, says: string])[] = [
    ["no name", undefined, {}, `make service "undefined": use a name with its package`],
    [
      "a symbol for a name",
      Symbol("x"),
      {},
      `make service "Symbol(x)": use a name with its package`,
    ],
    ["an empty name", "", {}, `such as "demo.v1.Greeter"`],
    ["a name with a blank", "demo v1.A", {}, `such as "demo.v1.Greeter"`],
    ["a name with nothing in it", "demo..A", {}, `such as "demo.v1.Greeter"`],
    ["a name with a path", "/demo.v1.A", {}, `such as "demo.v1.Greeter"`],
    ["a name with a digit in front", "demo.1.A", {}, `such as "demo.v1.Greeter"`],
    ["null for options", "demo.v1.A", null, `with options that are no object: leave them out`],
    ["a misspelt option", "demo.v1.A", { timeot: 5 }, `option "timeot": did you mean "timeout"?`],
    ["a folder that is none", "demo.v1.A", { proto: 5 }, "use a path, or a URL of a file"],
    ["a folder of the web", "demo.v1.A", { proto: new URL("https://a.b") }, "a URL of a file"],
    ["a number for a description", "demo.v1.A", { description: 5 }, "it becomes a comment"],
  ];

for (const [what, name, options, says] of SERVICES) {
  Deno.test(`new Service() says what is wrong about ${what}`, () => {
    assertThrows(() => new Service(name, options), TypeError, says);
  });
}

/** Methods that cannot be added, with what is said of them. */
const METHODS: readonly {
  readonly what: string;
  readonly name?: Anything;
  readonly options?: Anything;
  readonly handler?: Anything;
  readonly says: string;
}[] = [
  { what: "a name in camelCase", name: "sayHello", says: "use a name in PascalCase" },
  { what: "a name with an underscore", name: "Say_Hello", says: `such as "SayHello"` },
  { what: "an empty name", name: "", says: `"/demo.v1.A/": use a name in PascalCase` },
  { what: "a number for a name", name: 5, says: `"/demo.v1.A/5": use a name in PascalCase` },
  { what: "null for options", options: null, says: "pass its schemas, { request, response }" },
  { what: "a schema for options", options: z.object({}), says: "known are" },
  { what: "no request", options: { response: z.void() }, says: `without "request": pass a schema` },
  { what: "no reply", options: { request: z.void() }, says: `without "response": pass a schema` },
  {
    what: "a misspelt option",
    options: { ...NOTHING, reply: z.void() },
    says: `option "reply": known are "request", "response"`,
  },
  {
    what: "an option of services",
    options: { ...NOTHING, proto: "proto" },
    says: `with option "proto"`,
  },
  {
    what: "a number for a description",
    options: { ...NOTHING, description: 5 },
    says: "it becomes a comment",
  },
  { what: "no handler", handler: null, says: "without a handler: pass a function" },
  { what: "an object for a handler", handler: {}, says: "without a handler: pass a function" },
];

for (const { what, name = "Say", options = NOTHING, handler = nothing, says } of METHODS) {
  Deno.test(`a method in code cannot have ${what}, be it a service's or an app's`, () => {
    for (const on of [new Service("demo.v1.A"), new FastGRPC({ name: "demo.v1.A" })]) {
      for (const kind of ["unaryUnary", "unaryStream", "streamUnary", "streamStream"] as const) {
        const error = assertThrows(
          () => (on as Service)[kind](name, options, handler === null ? undefined! : handler),
          TypeError,
          says,
        );
        assertEquals(error.message.startsWith("Cannot "), true, error.message);
      }
    }
  });
}

Deno.test("a method in code cannot be added a second time, of whatever kind", () => {
  const service = new Service("demo.v1.A").unaryUnary("Say", NOTHING, nothing);
  for (const kind of ["unaryUnary", "unaryStream", "streamUnary", "streamStream"] as const) {
    const add = () => (service as Service)[kind]("Say", NOTHING, nothing as Anything);
    assertThrows(add, TypeError, `method "/demo.v1.A/Say" a second time: give it another name`);
  }
  assertEquals(Object.keys(service.methods), ["Say"]);
});

/** What shows when the schemas are read, which is when the service is served. */
const SERVED: readonly (readonly [
  what: string,
  options: Partial<CodeMethodOptions<Anything, Anything>>,
  says: string,
])[] = [
  [
    "null for a request",
    { request: null },
    `the request of "/demo.v1.A/Say" in protobuf, as it is no`,
  ],
  ["a number for a reply", { response: 5 }, "it is no schema: use one of Zod 4, or of a generated"],
  ["an object for a request", { request: { name: z.string() } }, "put its fields in z.object()"],
  [
    "a schema of Zod 3",
    { request: zod3.object({ name: zod3.string() }) },
    'it is a schema of Zod 3: make it by Zod 4, of "zod" or "zod/v4"',
  ],
  [
    "a schema of Zod 3 within one of Zod 4",
    { request: z.object({ inner: z.object({ name: zod3.string() as Anything }) }) },
    '"inner.name" in the request of "/demo.v1.A/Say" in protobuf, as it is a schema of Zod 3',
  ],
  ["no schema within one", { request: z.object({ name: 5 as Anything }) }, `"name" in the request`],
  ["a set", { response: z.set(z.string()) }, "use a z.array()"],
  ["a timeout that is none", { timeout: "1 parsec" as Anything }, "timeout of /demo.v1.A/Say"],
  ["a timeout below 0", { timeout: -1 }, "must be greater than 0"],
  ["an interceptor that is none", { interceptors: [5 as Anything] }, "a list of functions"],
];

for (const [what, options, says] of SERVED) {
  Deno.test(`no port is opened for a method in code with ${what}`, async () => {
    const service = new Service("demo.v1.A").unaryUnary("Say", { ...NOTHING, ...options }, nothing);
    const app = new FastGRPC().addService(service);
    const error = await assertRejects(
      () => app.serve({ port: 0, hostname: "127.0.0.1" }),
      Error,
      says,
    );
    assertEquals(error.message.startsWith("Cannot "), true, error.message);
  });
}

Deno.test("a service in code is not changed by what becomes of its options", () => {
  const options = { timeout: 5, description: "A." };
  const service = new Service("demo.v1.A", options);
  options.timeout = 7;
  assertEquals(service.options, { timeout: 5, description: "A." });
});

Deno.test("service.methods has what each method was declared by", () => {
  const request = z.object({ name: z.string() });
  const { methods } = new Service("demo.v1.A")
    .unaryUnary("One", { request, response: z.void(), timeout: 5, description: "1." }, nothing)
    .streamStream(
      "Many",
      { request: SayHelloRequestSchema, response: request },
      async function* () {},
    );
  assertEquals(Object.keys(methods), ["One", "Many"]);
  assertEquals([methods.One.kind, methods.Many.kind], ["unary", "bidi_streaming"]);
  assertEquals(methods.One.request === request && methods.Many.response === request, true);
  assertEquals(methods.Many.request === SayHelloRequestSchema, true);
});

for (const name of ["grpc.health.v1.Health", "google.api.Echo"]) {
  Deno.test(`new Service() refuses ${name}, as its package is not the user's`, () => {
    assertThrows(
      () => new Service(name),
      TypeError,
      `Cannot make service "${name}": packages of "grpc" and "google" are those of gRPC's and ` +
        `protobuf's own services and messages; use one of yours, such as "demo.v1"`,
    );
  });
}

Deno.test("a service in code refuses a method that makes a promise of its clients", () => {
  const nothing = { request: z.void(), response: z.void() };
  assertThrows(
    () => new Service("demo.v1.Demo").unaryUnary("Then", nothing, () => {}),
    TypeError,
    'Cannot add method "/demo.v1.Demo/Then": whoever awaits a client with a function "then" waits ' +
      "for ever; use another name",
  );
  new Service("demo.v1.Demo").unaryUnary("Thenceforth", nothing, () => {});
});

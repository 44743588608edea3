import { assert, assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import { create, isMessage } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { z } from "zod";
import { changesValues } from "../../src/schema/changes.ts";
import { compile, compileEcho, numberInOrder, received } from "../support/schemas.ts";

const Person = z.object({ name: z.string().min(1), age: z.int32().optional() });

Deno.test("compileServices() makes services with methods of every kind", () => {
  const kinds = ["unary", "server_streaming", "client_streaming", "bidi_streaming"] as const;
  const { file, services, methods } = compile([{
    name: "demo.v1.Echo",
    methods: kinds.map((kind, i) => ({ name: `M${i}`, kind, request: Person, response: Person })),
  }, { name: "demo.v1.Empty", methods: [] }]);
  assertEquals(methods.map(({ desc }) => desc.methodKind), [...kinds]);
  assertEquals(services.map(({ typeName }) => typeName), ["demo.v1.Echo", "demo.v1.Empty"]);
  assertEquals(file.name, "demo/v1/demo");
  assertEquals(methods[0]!.desc.localName, "m0");
});

Deno.test("compileServices() makes files without a package", () => {
  const { file, services } = compile([{ name: "Echo", methods: [] }], { fileName: "a.proto" });
  assertEquals([file.name, services[0]!.typeName], ["a", "Echo"]);
});

Deno.test("compileServices() takes its numbers from outside", () => {
  const { method } = compileEcho(Person, {
    fileName: "people.proto",
    number: (model) => {
      const numbers = numberInOrder(model);
      const fields = new Map(numbers.fields).set(
        "demo.v1.SayRequest",
        new Map([["name", 9], ["age", 4]]),
      );
      const reserved = new Map([["demo.v1.SayRequest", { numbers: [1, 2, 6], names: ["old"] }]]);
      return { ...numbers, fields, reserved };
    },
  });
  const { fields, proto, file } = method.desc.input;
  assertEquals(fields.map(({ name, number }) => [name, number]), [["name", 9], ["age", 4]]);
  assertEquals(proto.reservedRange.map(({ start, end }) => [start, end]), [[1, 3], [6, 7]]);
  assertEquals([proto.reservedName, file.name], [["old"], "people"]);
});

Deno.test("compileServices() says which number is missing", () => {
  const number = (model: Parameters<typeof numberInOrder>[0]) => ({
    ...numberInOrder(model),
    fields: new Map(),
  });
  assertThrows(
    () => compileEcho(Person, { number }),
    Error,
    'No number is kept for "name" of "demo.v1.SayRequest"',
  );
});

Deno.test("parse() gives a plain object that is not the message", () => {
  const { method } = compileEcho(Person);
  const message = create(method.desc.input, { name: "x" } as never);
  const parsed = method.parse(message) as object;
  assertEquals(Object.keys(parsed), ["name"]);
  assertFalse(Object.is(parsed, message));
});

Deno.test("parse() gives the schema the message itself, where it is as the schema wants it", () => {
  let seen: unknown;
  const spy = z.object({ name: z.string(), list: z.array(Person) });
  spy._zod.run = new Proxy(spy._zod.run, {
    apply: (run, self, args: [{ value: unknown }]) => {
      seen = args[0].value;
      return Reflect.apply(run, self, args);
    },
  });
  const { method } = compileEcho(spy);
  const message = create(method.desc.input, { name: "x", list: [{ name: "y" }] } as never);
  assertEquals(method.parse(message), { name: "x", list: [{ name: "y" }] });
  assertStrictEquals(seen, message);
});

Deno.test("parse() hides from schemas what is of messages", () => {
  const strict = compileEcho(z.strictObject({ a: z.strictObject({ b: z.string() }) }));
  assertEquals(received(strict, { a: { b: "x" } }), { a: { b: "x" } });
  const loose = compileEcho(z.looseObject({ a: z.looseObject({ b: z.string() }) }));
  assertEquals(received(loose, { a: { b: "x" } }), { a: { b: "x" } });
});

Deno.test("toMessage() refuses what the schema does, with the reasons for the log", () => {
  const { method } = compileEcho(Person);
  const error = assertThrows(() => method.toMessage({ name: "", age: "1" }), Error);
  assertEquals(
    error.message,
    "Invalid reply of /demo.v1.Echo/Say: name: Too small: expected string to have >=1 characters; " +
      "age: Invalid input: expected number, received string",
  );
  assertFalse(error instanceof ConnectError);
  assertThrows(() => method.toMessage(undefined), Error, "Invalid reply");
  assert(isMessage(method.toMessage({ name: "x", other: 1 }), method.desc.output));
});

Deno.test("validateReplies: false lets replies through", () => {
  const { method } = compileEcho(Person, { validateReplies: false });
  assertEquals(method.fromReply(method.toMessage({ name: "" }) as never), { name: "" });
  assertThrows(() => method.parse(create(method.desc.input)), ConnectError);
});

const inner = z.string().transform(String);

/** A schema, and whether it makes other values of those that it is given. */
const CHANGES: readonly (readonly [string, z.ZodType, boolean])[] = [
  ["a plain object", Person, false],
  ["checks", z.object({ a: z.string().refine(() => true).readonly() }).strict(), false],
  ["an object that holds itself", z.lazy((): z.ZodType => z.array(Person)), false],
  ["default()", z.object({ a: z.string().default("x") }), true],
  ["prefault()", z.array(z.string().prefault("x")), true],
  ["catch()", z.record(z.string(), z.string().catch("x")), true],
  ["transform()", z.object({ a: inner.optional() }), true],
  ["transform() of a key", z.map(inner, z.string()), true],
  ["z.lazy()", z.lazy(() => inner), true],
  ["z.preprocess()", z.preprocess(String, z.string()), true],
  ["a codec", z.codec(z.string(), z.int(), { decode: Number, encode: String }), true],
  ["z.coerce", z.union([z.string(), z.coerce.number()]), true],
  ["overwrite()", z.string().overwrite((text) => text), true],
  ["trim()", z.string().trim().nullable(), true],
  ["a URL that is normalized", z.url({ normalize: true }), true],
];

for (const [title, schema, wanted] of CHANGES) {
  Deno.test(`changesValues() says that ${title} ${wanted ? "does" : "does not"}`, () => {
    assertEquals(changesValues(schema), wanted);
  });
}

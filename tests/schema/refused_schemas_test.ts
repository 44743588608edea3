import { assertEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import * as core from "zod/v4/core";
import { message } from "@fastgrpc/fastgrpc/zod";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import type { MessageDeclaration } from "../../src/schema/read_services.ts";
import { compile, compileEcho } from "../support/schemas.ts";

const union = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("a"), x: z.string() }),
  z.object({ kind: z.literal("b") }),
]);

/** What cannot be a field, why, and the remedy. */
const FIELDS: readonly (readonly [string, z.ZodType, string, string])[] = [
  ["a tuple", z.tuple([z.string()]), "it is a tuple", "use a z.object()"],
  ["a set", z.set(z.string()), "it is a set", "use a z.array()"],
  ["a bigint", z.bigint(), "it is a bigint of any width", "use z.int64()"],
  ["a union", z.union([z.string(), z.int32()]), "nothing tells apart", "z.discriminatedUnion()"],
  [
    "a union of objects",
    z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
    "nothing tells apart",
    "z.discriminatedUnion()",
  ],
  [
    "an intersection",
    z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() })),
    "it is an intersection",
    "use .extend()",
  ],
  ["null", z.null(), "it is always null", ".nullable() of something"],
  ["undefined", z.undefined(), "it is always undefined", ".optional() of something"],
  ["void", z.void(), "it is always undefined", ".optional() of something"],
  ["never", z.never(), "it has no value", "leave it out"],
  ["not a number", z.nan(), "it is never a number", "use z.number()"],
  ["a symbol", z.symbol(), "it is a symbol", "use z.string()"],
  ["a function", z.custom<() => void>(), "made by a function", '.meta({ proto: "string" })'],
  ["a promise", z.promise(z.string()), "it is a promise", "what it becomes"],
  ["a file", z.file(), "it is a file", "z.instanceof(Uint8Array)"],
  ["a transform", z.transform(String), "made by a function", ".pipe()"],
  ["a class", z.instanceof(URL), "made by a function", ".pipe()"],
  ["a list of lists", z.array(z.array(z.int32())), "in a list", "z.object()"],
  ["a list of maps", z.array(z.record(z.string(), z.int32())), "in a list", "z.object()"],
  ["a list with holes", z.array(z.string().optional()), "no holes", "leave out .optional()"],
  ["a map with holes", z.record(z.string(), z.string().nullable()), "no holes", ".nullable()"],
  ["a map by fractions", z.map(z.number(), z.string()), "neither texts nor integers", "z.int32()"],
  ["a map by objects", z.map(z.object({}), z.string()), "neither texts nor integers", "z.int32()"],
  ["other keys", z.object({ a: z.string() }).catchall(z.string()), "does not name", "z.record()"],
  ["mixed literals", z.literal(["a", 1]), "string and number", "texts only"],
  [
    "values alike",
    z.enum(["a-b", "a_b"]),
    'two of its values are "SAY_REQUEST_IT_A_B"',
    "z.enum({",
  ],
  ["a value that makes no name", z.enum(["é"]), 'its value "é" makes no name', "z.enum({ NAME:"],
  ["a tag that does not fit", z.string().meta({ proto: "int32" }), '"int32" is no', '"string"'],
  ["a tag for fractions", z.number().meta({ proto: "int32" }), '"int32" is no', '"double"'],
  ["a tag that is unknown", z.custom().meta({ proto: "int31" }), '"int31" is no', '"string"'],
  [
    "a generated message of an object",
    z.object({ name: z.string() }).meta({ proto: SayHelloRequestSchema }),
    "its type is not that of .meta({ proto })",
    "use message()",
  ],
  ["an id that is no name", z.object({ a: z.string() }).meta({ id: "a-b" }), '"a-b"', '"Address"'],
  [
    "a union without literals",
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal(["a", "b"]) }),
      z.object({ kind: z.literal("c") }),
    ]),
    'one literal for "kind"',
    "z.literal() of one value",
  ],
  ["a schema without an end", endless(), "it never comes to a type", "z.lazy()"],
];

function endless(): z.ZodType {
  const schema: z.ZodType = z.lazy(() => schema.optional());
  return schema;
}

for (const [title, schema, reason, remedy] of FIELDS) {
  Deno.test(`compileServices() refuses ${title}, and says where and what to do`, () => {
    const error = assertThrows(() => compileEcho(z.object({ it: schema })), TypeError);
    assertEquals(error.message.startsWith('Cannot express "it'), true, error.message);
    for (const part of ['in the request of "/demo.v1.Echo/Say"', reason, remedy]) {
      assertEquals(error.message.includes(part), true, error.message);
    }
  });
}

/** What cannot be a whole message. */
const WHOLE: readonly (readonly [string, unknown, string])[] = [
  ["a list", z.array(z.string()), "it is a list by itself"],
  ["a map", z.record(z.string(), z.int32()), "it is a map by itself"],
  ["an enum", z.enum(["a"]), "it is no message"],
  ["what has no wrapper", z.int32().meta({ proto: "sint32" }), "it is no message"],
  ["an optional message", z.object({ a: z.string() }).optional(), "there is always a message"],
  ["a nullable message", z.object({ a: z.string() }).nullable(), "there is always a message"],
  ["an object that is no schema", { name: "string" }, "put its fields in z.object()"],
  ["nothing", undefined, "use one of Zod 4, or of a generated message"],
  ["a schema without methods", new core.$ZodString({ type: "string" }), "use zod or zod/mini"],
];

for (const [title, schema, reason] of WHOLE) {
  Deno.test(`compileServices() refuses ${title} as a request`, () => {
    assertThrows(() => compileEcho(schema as MessageDeclaration), TypeError, reason);
  });
}

Deno.test("compileServices() says the whole path of what it refuses", () => {
  const schema = z.object({
    items: z.array(z.object({ sizes: z.record(z.string(), z.object({ at: z.tuple([]) })) })),
  });
  assertThrows(
    () => compileEcho(z.object({}), { response: schema }),
    TypeError,
    'Cannot express "items[].sizes[].at" in the reply of "/demo.v1.Echo/Say" in protobuf, ' +
      "as it is a tuple: use a z.object() with a name for each member",
  );
});

/** Objects whose properties make no fields. */
const OBJECTS: readonly (readonly [string, z.ZodType, string])[] = [
  ["a key with blanks", z.object({ "a b": z.string() }), "its key makes no name"],
  ["a key that is a number", z.object({ 1: z.string() }), "its key makes no name"],
  ["a key of underscores", z.object({ __: z.string() }), "its key makes no name"],
  ["a key __proto__", z.object({ ["__proto__"]: z.string() }), "every object has such"],
  ["a key toString", z.object({ toString: z.string() }), "every object has such"],
  ["keys alike", z.object({ aB: z.string(), a_b: z.string() }), 'two of its fields are "a_b"'],
  ["a union's field twice", z.object({ it: union, a: z.string() }), "needs a .meta({ id })"],
  ["a oneof's name twice", z.object({ b: union, c: z.string() }), 'fields are "b"'],
];

for (const [title, schema, reason] of OBJECTS) {
  Deno.test(`compileServices() refuses ${title}`, () => {
    assertThrows(() => compileEcho(schema), TypeError, reason);
  });
}

Deno.test("compileServices() refuses a reply that a function makes, unless its type is said", () => {
  const made = z.object({ it: z.string().transform(Number) });
  assertThrows(
    () => compileEcho(z.object({}), { response: made }),
    TypeError,
    "its type is made by a function",
  );
  const piped = z.object({ it: z.string().transform(Number).pipe(z.int32()) });
  const tagged = z.object({ it: z.string().transform(Number).meta({ proto: "int32" }) });
  for (const response of [piped, tagged]) {
    const { method } = compileEcho(z.object({}), { response });
    assertEquals(method.fromReply(method.toMessage({ it: "7" }) as never), { it: 7 });
  }
});

/** Services that cannot be. */
const SERVICES:
  readonly (readonly [string, readonly { name: string; methods: string[] }[], string])[] = [
    ["a name with blanks", [{ name: "demo v1", methods: [] }], '"demo.v1.Greeter"'],
    ["no name", [{ name: "", methods: [] }], '"demo.v1.Greeter"'],
    ["a method with blanks", [{ name: "a.B", methods: ["say it"] }], '"SayHello"'],
    ["a method twice", [{ name: "a.B", methods: ["Say", "Say"] }], "twice"],
    ["a service twice", [{ name: "a.B", methods: [] }, { name: "a.B", methods: [] }], "is that of"],
    ["a message's name", [{ name: "a.SayRequest", methods: ["Say"] }], "is that of"],
    ["two packages", [{ name: "a.B", methods: [] }, { name: "b.B", methods: [] }], "2 packages"],
  ];

for (const [title, services, reason] of SERVICES) {
  Deno.test(`compileServices() refuses services with ${title}`, () => {
    const request = z.object({ a: z.string() });
    const declared = services.map(({ name, methods }) => ({
      name,
      methods: methods.map((name) => ({
        name,
        kind: "unary" as const,
        request,
        response: message(SayHelloRequestSchema),
      })),
    }));
    assertThrows(() => compile(declared), TypeError, reason);
  });
}

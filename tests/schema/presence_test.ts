import { assertEquals, assertThrows } from "@std/assert";
import { create } from "@bufbuild/protobuf";
import { z } from "zod";
import { compileEcho, fieldsOf, received, replied } from "../support/schemas.ts";

/** A schema, its field, and what a handler gets of requests: each as it was sent, and as it came. */
const REQUESTS: readonly (readonly [
  string,
  z.ZodType,
  string,
  readonly (readonly [sent: unknown, came: unknown])[],
])[] = [
  ["optional()", z.string().optional(), "optional string it", [[{}, {}], [{ it: "" }, { it: "" }]]],
  ["z.exactOptional()", z.exactOptional(z.string()), "optional string it", [[{}, {}]]],
  ["nullable()", z.string().nullable(), "optional string it", [
    [{ it: null }, { it: null }],
    [{}, { it: null }],
    [{ it: "" }, { it: "" }],
  ]],
  ["nullish()", z.string().nullish(), "optional string it", [[{ it: null }, {}], [{}, {}]]],
  ["nonoptional()", z.string().optional().nonoptional(), "string it", [[{}, { it: "" }]]],
  ["default()", z.int32().default(7), "optional int32 it", [
    [{}, { it: 7 }],
    [{ it: 0 }, { it: 0 }],
  ]],
  ["prefault()", z.string().trim().prefault(" a "), "optional string it", [[{}, { it: "a" }]]],
  ["catch()", z.int32().min(3).catch(7), "optional int32 it", [
    [{}, { it: 7 }],
    [{ it: 1 }, { it: 7 }],
    [{ it: 4 }, { it: 4 }],
  ]],
  ["default().nullable()", z.string().default("a").nullable(), "optional string it", [
    [{}, { it: "a" }],
  ]],
  ["a scalar", z.string(), "string it", [[{}, { it: "" }]]],
  ["optional() of an enum", z.enum(["a"]).optional(), "optional SayRequestIt it", [
    [{}, {}],
    [{ it: "a" }, { it: "a" }],
  ]],
  ["nullable() of an enum", z.enum(["a"]).nullable(), "optional SayRequestIt it", [
    [{}, { it: null }],
  ]],
  ["an enum with a zero value", z.enum({ UNSPECIFIED: "none", B: "b" }), "SayRequestIt it", [
    [{}, { it: "none" }],
    [{ it: "none" }, { it: "none" }],
    [{ it: "b" }, { it: "b" }],
  ]],
  ["optional() of a date", z.date().optional(), "google.protobuf.Timestamp it", [[{}, {}]]],
  ["optional() of an object", z.object({ a: z.string() }).optional(), "SayRequestIt it", [
    [{}, {}],
    [{ it: { a: "" } }, { it: { a: "" } }],
  ]],
  ["nullable() of an object", z.object({ a: z.string() }).nullable(), "SayRequestIt it", [
    [{}, { it: null }],
  ]],
  ["default() of an object", z.object({ a: z.string() }).default({ a: "x" }), "SayRequestIt it", [
    [{}, { it: { a: "x" } }],
  ]],
  ["a list", z.array(z.string()), "repeated string it", [[{}, { it: [] }]]],
  ["optional() of a list", z.array(z.string()).min(1).optional(), "repeated string it", [
    [{}, {}],
    [{ it: [] }, {}],
    [{ it: ["a"] }, { it: ["a"] }],
  ]],
  ["nullable() of a list", z.array(z.date()).nullable(), "repeated google.protobuf.Timestamp it", [
    [{}, { it: null }],
    [{ it: [new Date(1)] }, { it: [new Date(1)] }],
  ]],
  ["default() of a list", z.array(z.string()).default(["x"]), "repeated string it", [
    [{ it: [] }, { it: ["x"] }],
  ]],
  ["optional() of a map", z.record(z.string(), z.date()).optional(), "map", [
    [{ it: {} }, {}],
    [{ it: { a: new Date(1) } }, { it: { a: new Date(1) } }],
  ]],
  ["z.preprocess()", z.preprocess((it) => `${it}!`, z.string()), "string it", [
    [{ it: "a" }, { it: "a!" }],
  ]],
  ["z.coerce", z.coerce.number(), "double it", [[{ it: 1.5 }, { it: 1.5 }]]],
  ["transform()", z.string().transform(Number), "string it", [[{ it: "12" }, { it: 12 }]]],
  ["z.stringbool()", z.stringbool(), "string it", [[{ it: "yes" }, { it: true }]]],
  [
    "a codec",
    z.codec(z.iso.datetime(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    }),
    "string it",
    [[{ it: "2026-01-01T00:00:00Z" }, { it: new Date("2026-01-01T00:00:00Z") }]],
  ],
];

for (const [title, schema, field, pairs] of REQUESTS) {
  Deno.test(`${title} in a request is ${field.replace(/ it$/, "")}`, () => {
    const echo = compileEcho(z.object({ it: schema }), { response: z.void() });
    assertEquals(fieldsOf(echo, "SayRequest")[0]!.startsWith(field), true);
    for (const [sent, came] of pairs) assertEquals(received(echo, sent), came);
  });
}

/** A schema, and what a client gets of replies: each as the handler returned it, and as it came. */
const REPLIES: readonly (readonly [
  string,
  z.ZodType,
  readonly (readonly [returned: unknown, came: unknown])[],
])[] = [
  ["optional()", z.string().optional(), [[{}, {}], [{ it: undefined }, {}], [{ it: "" }, {
    it: "",
  }]]],
  ["nullable()", z.string().nullable(), [[{ it: null }, { it: null }]]],
  ["nullish() of an object", z.object({ a: z.date() }).nullish(), [[{ it: null }, {}]]],
  ["default()", z.int32().default(7), [[{}, { it: 7 }], [{ it: 0 }, { it: 0 }]]],
  ["optional() of a list", z.array(z.date()).optional(), [[{}, {}], [{ it: [] }, {}]]],
  ["a transform", z.string().transform(Number).pipe(z.int32()), [[{ it: "7" }, { it: 7 }]]],
  ["a codec", z.codec(z.string(), z.int32(), { decode: Number, encode: String }), [
    [{ it: "7" }, { it: 7 }],
  ]],
  ["overwrite()", z.string().trim(), [[{ it: " a " }, { it: "a" }]]],
];

for (const [title, schema, pairs] of REPLIES) {
  for (const validateReplies of [true, false]) {
    Deno.test(`${title} in a reply does the same, validateReplies: ${validateReplies}`, () => {
      const response = z.object({ it: schema });
      const echo = compileEcho(z.void(), { response, validateReplies });
      for (const [returned, came] of pairs) assertEquals(replied(echo, returned), came);
    });
  }
}

Deno.test("what has to be there and is not is invalid", () => {
  const required = {
    ...{ date: z.date(), object: z.object({ a: z.string() }), enum: z.enum(["a"]) },
    ...{ json: z.json(), text: z.string().min(1), list: z.array(z.string()).min(1) },
  };
  for (const schema of Object.values(required)) {
    const { method } = compileEcho(z.object({ it: schema }));
    assertThrows(
      () => method.parse(create(method.desc.input)),
      Error,
      "[invalid_argument] invalid request: it: ",
    );
  }
});

import { assertEquals } from "@std/assert";
import { z } from "zod";
import { create } from "@bufbuild/protobuf";
import { message } from "@fastgrpc/fastgrpc/zod";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthCheckResponse_ServingStatusSchema as ServingStatusSchema,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { compileEcho, fieldsOf, received, replied } from "../support/schemas.ts";

// An enum as TypeScript has them, which leads from its numbers back to its names.
const Size = { Small: 0, Large: 1, 0: "Small", 1: "Large" } as const;
const DATE = new Date("2026-11-22T10:11:12.013Z");

/** A schema, its field, and values that go to the wire and back. */
const FIELDS: readonly (readonly [string, z.ZodType, string, readonly unknown[]])[] = [
  ["z.string()", z.string(), "string it", ["", "grüß dich"]],
  ["a format of z.string()", z.uuid(), "string it", ["7b4a1d3e-6f0c-4f5e-9c1e-0d9a1b2c3d4e"]],
  ["z.templateLiteral()", z.templateLiteral(["a", z.int()]), "string it", ["a7"]],
  ["z.number()", z.number(), "double it", [0, -0.1, Number.MAX_VALUE]],
  ["z.float64()", z.float64(), "double it", [1e300]],
  ["z.float32()", z.float32(), "float it", [0.5]],
  ["z.int32()", z.int32(), "int32 it", [-(2 ** 31), 0, 2 ** 31 - 1]],
  ["z.uint32()", z.uint32(), "uint32 it", [0, 2 ** 32 - 1]],
  ["z.int()", z.int(), "int64 it", [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]],
  ["z.number().int()", z.number().int().min(-5), "int64 it", [-5, 0]],
  ["z.int64()", z.int64(), "int64 it", [-(2n ** 63n), 2n ** 63n - 1n]],
  ["z.uint64()", z.uint64(), "uint64 it", [0n, 2n ** 64n - 1n]],
  ["a tag sint32", z.int32().meta({ proto: "sint32" }), "sint32 it", [-1]],
  ["a tag sfixed32", z.int32().min(-9).meta({ proto: "sfixed32" }).max(9), "sfixed32 it", [-1]],
  ["a tag fixed32", z.uint32().meta({ proto: "fixed32" }).optional(), "optional fixed32 it", [7]],
  ["a tag sint64", z.int64().meta({ proto: "sint64" }), "sint64 it", [-1n]],
  ["a tag sfixed64", z.int().meta({ proto: "sfixed64" }), "sfixed64 it", [-1]],
  ["a tag fixed64", z.bigint().meta({ proto: "fixed64" }), "fixed64 it", [2n ** 64n - 1n]],
  ["a tag int32 of z.int()", z.int().meta({ proto: "int32" }), "int32 it", [-7]],
  ["z.boolean()", z.boolean(), "bool it", [true, false]],
  ["z.instanceof(Uint8Array)", z.instanceof(Uint8Array), "bytes it", [new Uint8Array([0, 255])]],
  ["a tag of z.custom()", z.custom<string>().meta({ proto: "string" }), "string it", ["x"]],
  ["z.date()", z.date(), "google.protobuf.Timestamp it", [DATE, new Date(-1)]],
  [
    "z.iso.datetime() with a tag",
    z.iso.datetime().meta({ proto: "google.protobuf.Timestamp" }),
    "google.protobuf.Timestamp it",
    [DATE.toISOString()],
  ],
  [
    "z.number() with a tag Duration",
    z.number().meta({ proto: "google.protobuf.Duration" }),
    "google.protobuf.Duration it",
    [0, 1.25, -1.5],
  ],
  ["z.json()", z.json(), "google.protobuf.Value it", [null, 1, "a", [1, [true]], { a: {} }]],
  ["z.unknown()", z.unknown(), "google.protobuf.Value it", [null, { a: [null] }]],
  ["z.any()", z.any(), "google.protobuf.Value it", ["x"]],
  [
    "z.record() of JSON",
    z.record(z.string(), z.unknown()),
    "google.protobuf.Struct it",
    [{}, { a: [1, { b: null }] }],
  ],
  ["z.looseObject({})", z.looseObject({}), "google.protobuf.Struct it", [{}, { a: 1 }]],
  [
    "an object with a tag Struct",
    z.object({ a: z.number() }).meta({ proto: "google.protobuf.Struct" }),
    "google.protobuf.Struct it",
    [{ a: 1 }],
  ],
  [
    "a tag StringValue",
    z.string().nullable().meta({ proto: "google.protobuf.StringValue" }),
    "google.protobuf.StringValue it",
    ["", "x", null],
  ],
  [
    "a tag Int64Value",
    z.int().optional().meta({ proto: "google.protobuf.Int64Value" }),
    "google.protobuf.Int64Value it",
    [0, 7, undefined],
  ],
  ["z.object({})", z.object({}), "google.protobuf.Empty it", [{}]],
  ["z.strictObject({})", z.strictObject({}), "google.protobuf.Empty it", [{}]],
  ["z.enum()", z.enum(["red", "dark-red"]), "SayRequestIt it", ["red", "dark-red"]],
  ["z.enum() with names", z.enum({ Low: "l", High: "h" }), "SayRequestIt it", ["l", "h"]],
  ["an enum of TypeScript", z.enum(Size), "SayRequestIt it", [0, 1]],
  ["literals that are texts", z.literal(["a", "b"]), "SayRequestIt it", ["a", "b"]],
  [
    "a union of texts",
    z.union([z.literal("a"), z.enum(["b", "c"])]),
    "SayRequestIt it",
    ["a", "c"],
  ],
  ["a literal number", z.literal([1, 2]), "int32 it", [1, 2]],
  ["a literal fraction", z.literal([1.5]), "double it", [1.5]],
  ["a literal bigint", z.literal([1n]), "int64 it", [1n]],
  ["z.literal(true)", z.literal(true), "bool it", [true]],
  ["z.array()", z.array(z.string()), "repeated string it", [[], ["a", ""]]],
  ["z.array() of z.int()", z.array(z.int()), "repeated int64 it", [[1, -1]]],
  ["z.array() of enums", z.array(z.enum(["a"])), "repeated SayRequestIt it", [["a", "a"]]],
  ["z.array() of dates", z.array(z.date()), "repeated google.protobuf.Timestamp it", [[DATE]]],
  ["z.array() of JSON", z.array(z.json()), "repeated google.protobuf.Value it", [[1, null, [2]]]],
  [
    "z.array() of JSON objects",
    z.array(z.record(z.string(), z.json())),
    "repeated google.protobuf.Struct it",
    [[{}, { a: 1 }]],
  ],
  [
    "z.array() of wrappers",
    z.array(z.string().meta({ proto: "google.protobuf.StringValue" })),
    "repeated google.protobuf.StringValue it",
    [["a", ""]],
  ],
  ["z.record()", z.record(z.string(), z.int32()), "map<string, int32> it", [{}, { a: 1 }]],
  [
    "z.record() of objects",
    z.record(z.string(), z.object({ a: z.date() })),
    "map<string, SayRequestIt> it",
    [{ x: { a: DATE } }],
  ],
  [
    "z.partialRecord() of an enum",
    z.partialRecord(z.enum(["a", "b"]), z.boolean()),
    "map<string, bool> it",
    [{ b: true }],
  ],
  ["z.record() by numbers", z.record(z.int32(), z.string()), "map<int32, string> it", [{ 7: "a" }]],
  [
    "z.map() by bigints",
    z.map(z.int64(), z.string()),
    "map<int64, string> it",
    [new Map(), new Map([[-1n, "a"]])],
  ],
  ["z.map() by numbers", z.map(z.int(), z.date()), "map<int64, google.protobuf.Timestamp> it", [
    new Map([[-1, DATE]]),
  ]],
  ["z.map() by booleans", z.map(z.boolean(), z.int()), "map<bool, int64> it", [
    new Map([[true, 1], [false, 2]]),
  ]],
  ["z.object()", z.object({ a: z.string() }), "SayRequestIt it", [{ a: "x" }]],
  ["z.strictObject()", z.strictObject({ a: z.string() }), "SayRequestIt it", [{ a: "x" }]],
  ["z.looseObject()", z.looseObject({ a: z.string() }), "SayRequestIt it", [{ a: "x" }]],
  ["z.lazy()", z.lazy(() => z.string()), "string it", ["x"]],
  ["a brand", z.string().brand("Name"), "string it", ["x"]],
  ["readonly()", z.array(z.string()).readonly(), "repeated string it", [["x"]]],
  ["refine()", z.string().refine((text) => text !== "y"), "string it", ["x"]],
  ["z.union() with z.null()", z.union([z.null(), z.string()]), "optional string it", ["x", null]],
  [
    "a generated enum",
    z.enum(ServingStatus).meta({ proto: ServingStatusSchema }),
    "grpc.health.v1.HealthCheckResponse.ServingStatus it",
    [ServingStatus.UNKNOWN, ServingStatus.NOT_SERVING],
  ],
  [
    "a generated message",
    message(SayHelloRequestSchema),
    "greeter.v1.SayHelloRequest it",
    [create(SayHelloRequestSchema, { name: "x" })],
  ],
];

for (const [title, schema, wanted, values] of FIELDS) {
  Deno.test(`${title} is ${wanted.replace(/ it$/, "")}`, () => {
    const echo = compileEcho(z.object({ it: schema }), { response: z.object({ it: schema }) });
    assertEquals(fieldsOf(echo, "SayRequest"), [wanted]);
    const inReply = wanted.replace("SayRequestIt", "SayResponseIt");
    assertEquals(fieldsOf(echo, "SayResponse"), [inReply]);
    for (const it of values) {
      const value = it === undefined ? {} : { it };
      assertEquals(received(echo, value), value);
      assertEquals(replied(echo, value), value);
    }
  });
}

Deno.test("Temporal.Duration is google.protobuf.Duration", () => {
  const echo = compileEcho(z.object({ it: z.instanceof(Temporal.Duration) }));
  for (const [text, wanted] of [["PT1H0.000000001S", "PT3600.000000001S"], ["-P1D", "-PT86400S"]]) {
    const { it } = received(echo, { it: Temporal.Duration.from(text!) }) as {
      it: Temporal.Duration;
    };
    assertEquals(it.toString(), wanted);
  }
});

/** A whole request or reply, its message, and values that go to the wire and back. */
const WHOLE: readonly (readonly [string, z.ZodType, string, readonly unknown[]])[] = [
  ["z.void()", z.void(), "google.protobuf.Empty", [undefined]],
  ["z.undefined()", z.undefined(), "google.protobuf.Empty", [undefined]],
  ["z.object({})", z.object({}), "google.protobuf.Empty", [{}]],
  ["z.string()", z.string(), "google.protobuf.StringValue", ["", "x"]],
  ["z.int()", z.int(), "google.protobuf.Int64Value", [7]],
  ["z.instanceof(Uint8Array)", z.instanceof(Uint8Array), "google.protobuf.BytesValue", [
    new Uint8Array([1]),
  ]],
  ["z.date()", z.date(), "google.protobuf.Timestamp", [DATE]],
  ["z.json()", z.json(), "google.protobuf.Value", [null, [1, { a: "b" }]]],
  ["z.record() of JSON", z.record(z.string(), z.json()), "google.protobuf.Struct", [{ a: [1] }]],
  ["message()", message(SayHelloRequestSchema), "greeter.v1.SayHelloRequest", [
    create(SayHelloRequestSchema, { name: "x" }),
  ]],
];

for (const [title, schema, wanted, values] of WHOLE) {
  Deno.test(`${title} as a whole message is ${wanted}`, () => {
    const echo = compileEcho(schema);
    const { input, output } = echo.method.desc;
    assertEquals([input.typeName, output.typeName], [wanted, wanted]);
    for (const value of values) {
      assertEquals(received(echo, value), value);
      assertEquals(replied(echo, value), value);
    }
  });
}

Deno.test("generated messages as whole requests and replies go through as they are", () => {
  const { method } = compileEcho(SayHelloRequestSchema);
  const request = create(SayHelloRequestSchema, { name: "x" });
  assertEquals(method.desc.input, SayHelloRequestSchema);
  assertEquals(method.parse(request), request);
  assertEquals(method.toMessage({ name: "x" }), request);
});

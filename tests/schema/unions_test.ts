import { assertEquals, assertThrows } from "@std/assert";
import { create, toJson } from "@bufbuild/protobuf";
import { z } from "zod";
import { compileEcho, fieldsOf, received, replied } from "../support/schemas.ts";

const Circle = z.object({ kind: z.literal("circle"), radius: z.number() });
const Square = z.object({ kind: z.literal("dark-square"), sideLength: z.number() });
const Nothing = z.object({ kind: z.literal("nothing") });
const Shape = z.discriminatedUnion("kind", [Circle, Square, Nothing]);
const Named = Shape.meta({ id: "Shape" });

const VALUES = [
  { kind: "circle", radius: 1.5 },
  { kind: "circle", radius: 0 },
  { kind: "dark-square", sideLength: 2 },
  { kind: "nothing" },
];

Deno.test("a union in a field is a oneof of its message", () => {
  const echo = compileEcho(z.object({ it: Shape }), { response: z.object({ it: Shape }) });
  assertEquals(fieldsOf(echo, "SayRequest"), [
    "it: SayRequestItCircle circle",
    "it: SayRequestItDarkSquare dark_square",
    "it: SayRequestItNothing nothing",
  ]);
  assertEquals(fieldsOf(echo, "SayRequestItDarkSquare"), ["double side_length"]);
  for (const it of VALUES) {
    assertEquals(received(echo, { it }), { it });
    assertEquals(replied(echo, { it }), { it });
  }
  const { input } = echo.method.desc;
  assertEquals(toJson(input, echo.method.toRequest({ it: VALUES[2] })), {
    darkSquare: { sideLength: 2 },
  });
});

Deno.test("a union with an id is a message, wherever it is", () => {
  const schema = z.object({
    one: Named.optional(),
    list: z.array(Named),
    map: z.record(z.string(), Named),
  });
  const echo = compileEcho(schema);
  assertEquals(fieldsOf(echo, "SayRequest"), [
    "Shape one",
    "repeated Shape list",
    "map<string, Shape> map",
  ]);
  assertEquals(fieldsOf(echo, "Shape"), [
    "kind: ShapeCircle circle",
    "kind: ShapeDarkSquare dark_square",
    "kind: ShapeNothing nothing",
  ]);
  const value = { one: VALUES[0], list: VALUES, map: { a: VALUES[2] } };
  assertEquals(received(echo, value), value);
  assertEquals(replied(echo, value), value);
  assertEquals(received(echo, { list: [], map: {} }), { list: [], map: {} });
});

Deno.test("a union in a list, and as a whole message, is a message", () => {
  const echo = compileEcho(z.object({ list: z.array(Shape) }), { response: Shape });
  assertEquals(fieldsOf(echo, "SayRequest"), ["repeated SayRequestList list"]);
  assertEquals(fieldsOf(echo, "SayResponse").length, 3);
  assertEquals(received(echo, { list: VALUES }), { list: VALUES });
  for (const value of VALUES) assertEquals(replied(echo, value), value);
});

Deno.test("a oneof that is not set is nothing", () => {
  for (
    const [schema, wanted] of [[Shape.optional(), {}], [Shape.nullable(), { it: null }]] as const
  ) {
    assertEquals(received(compileEcho(z.object({ it: schema })), {}), wanted);
  }
  const { method } = compileEcho(z.object({ it: Shape }));
  assertThrows(() => method.parse(create(method.desc.input)), Error, "invalid request: it: ");
});

Deno.test("objects with an id keep their name in a union, and lose what it goes by", () => {
  const circle = Circle.meta({ id: "Circle" });
  const union = z.discriminatedUnion("kind", [circle, Square]);
  const echo = compileEcho(z.object({ it: union }));
  assertEquals(fieldsOf(echo, "Circle"), ["double radius"]);
  assertThrows(
    () => compileEcho(z.object({ it: union, also: circle })),
    TypeError,
    "a schema that transforms values or that a union goes by needs one for each use",
  );
});

Deno.test("unions in unions are one, if they go by the same key", () => {
  const union = z.discriminatedUnion("kind", [Circle, z.discriminatedUnion("kind", [Square])]);
  const echo = compileEcho(z.object({ it: union }));
  assertEquals(fieldsOf(echo, "SayRequest").length, 2);
  assertEquals(received(echo, { it: VALUES[2] }), { it: VALUES[2] });
});

Deno.test("unions may go by numbers and booleans", () => {
  const union = z.discriminatedUnion("code", [
    z.object({ code: z.literal(200), body: z.string() }),
    z.object({ code: z.literal(false), reason: z.string() }),
  ]);
  const echo = compileEcho(z.object({ it: union }));
  assertEquals(fieldsOf(echo, "SayRequest"), [
    "it: SayRequestItCode200 code_200",
    "it: SayRequestItCodeFalse code_false",
  ]);
  const value = { it: { code: 200, body: "x" } };
  assertEquals(received(echo, value), value);
});

type Expression =
  | { op: "number"; value: number }
  | { op: "sum"; left: Expression; right: Expression }
  | { op: "all"; of: Expression[] };

Deno.test("unions may hold themselves", () => {
  const Expression: z.ZodType<Expression> = z.discriminatedUnion("op", [
    z.object({ op: z.literal("number"), value: z.number() }),
    z.object({
      op: z.literal("sum"),
      get left() {
        return Expression;
      },
      get right() {
        return Expression;
      },
    }),
    z.object({ op: z.literal("all"), of: z.lazy(() => z.array(Expression)) }),
  ]).meta({ id: "Expression" });
  const echo = compileEcho(Expression);
  const one = { op: "number", value: 1 } as const;
  const value: Expression = {
    op: "sum",
    left: one,
    right: { op: "all", of: [one, { op: "sum", left: one, right: one }] },
  };
  assertEquals(received(echo, value), value);
  assertEquals(replied(echo, value), value);
});

import { assertEquals, assertThrows } from "@std/assert";
import { getComment } from "../support/comments.ts";
import { z } from "zod";
import * as mini from "zod/mini";
import { compile, compileEcho, fieldsOf, received } from "../support/schemas.ts";

const Address = z.object({ street: z.string() }).meta({ id: "Address", description: "A place." });

function namesOf(request: z.ZodType, response: z.ZodType = z.object({ a: z.string() })): string[] {
  const { file } = compileEcho(request, { response });
  return [...file.messages, ...file.enums].map(({ name }) => name);
}

Deno.test("messages without an id are named by the method and their path", () => {
  const schema = z.object({
    homeAddress: z.object({ street: z.string(), kind: z.enum(["a"]) }),
    list_of: z.array(z.object({ x: z.record(z.string(), z.object({ y: z.string() })) })),
  });
  assertEquals(namesOf(schema), [
    ...["SayRequest", "SayRequestHomeAddress", "SayRequestListOf", "SayRequestListOfX"],
    ...["SayResponse", "SayRequestHomeAddressKind"],
  ]);
});

Deno.test("messages with an id have that name wherever they are", () => {
  const schema = z.object({
    home: Address,
    work: Address.describe("where to").optional(),
    others: z.array(Address.refine(() => true)),
  });
  assertEquals(namesOf(schema, z.object({ at: Address })), [
    "SayRequest",
    "Address",
    "SayResponse",
  ]);
  assertEquals(fieldsOf(compileEcho(schema), "SayRequest"), [
    ...["Address home", "Address work", "repeated Address others"],
  ]);
  assertEquals(namesOf(Address, Address), ["Address"]);
});

Deno.test("messages that are made of others are others", () => {
  const schema = z.object({ a: Address.extend({ city: z.string() }), b: Address.partial() });
  assertEquals(namesOf(schema), ["SayRequest", "SayRequestA", "SayRequestB", "SayResponse"]);
});

Deno.test("two different schemas with one name are refused", () => {
  const other = z.object({ road: z.string() }).meta({ id: "Address" });
  const place = '"b" in the request of "/demo.v1.Echo/Say"';
  assertThrows(
    () => namesOf(z.object({ a: Address, b: other })),
    TypeError,
    `Cannot express ${place} in protobuf, as two different schemas have the name "demo.v1.Address"`,
  );
  const colors = z.enum(["red"]).meta({ id: "Address" });
  assertThrows(() => namesOf(z.object({ a: Address, b: colors })), TypeError, "two different");
  const same = z.object({ street: z.string().min(3) }).meta({ id: "Address" });
  assertThrows(() => namesOf(z.object({ a: Address, b: same })), TypeError, "two different");
  const taken = z.object({ a: z.object({ b: z.string() }).meta({ id: "SayResponse" }) });
  assertThrows(() => namesOf(taken), TypeError, "two different");
});

Deno.test("a schema with two sides cannot have one name on both", () => {
  const length = z.object({
    it: z.codec(z.string(), z.int32(), { decode: Number, encode: String }),
  })
    .meta({ id: "Length" });
  assertEquals(fieldsOf(compileEcho(length, { response: z.void() }), "Length"), ["string it"]);
  assertEquals(fieldsOf(compileEcho(z.void(), { response: length }), "Length"), ["int32 it"]);
  assertThrows(() => namesOf(length, length), TypeError, "transforms values");
});

const Node = z.object({
  name: z.string(),
  get children() {
    return z.array(Node);
  },
});
const Left = z.object({
  get right() {
    return Right.optional();
  },
}).meta({ id: "Left" });
const Right = z.object({
  get left() {
    return Left.optional();
  },
}).meta({ id: "Right" });
interface Lazy {
  lazy?: Lazy | undefined;
}
const Lazy: z.ZodType<Lazy> = z.object({ lazy: z.lazy(() => Lazy).optional() });

Deno.test("messages may hold themselves", () => {
  const node = compileEcho(Node, { response: z.void() });
  assertEquals(fieldsOf(node, "SayRequest"), ["string name", "repeated SayRequest children"]);
  const tree = { name: "a", children: [{ name: "b", children: [] }] };
  assertEquals(received(node, tree), tree);

  const left = compileEcho(Left, { response: z.void() });
  assertEquals(fieldsOf(left, "Left"), ["Right right"]);
  assertEquals(fieldsOf(left, "Right"), ["Left left"]);
  assertEquals(received(left, { right: { left: {} } }), { right: { left: {} } });

  const lazy = compileEcho(Lazy, { response: z.void() });
  assertEquals(received(lazy, { lazy: { lazy: {} } }), { lazy: { lazy: {} } });
});

Deno.test("messages that hold themselves are converted all the way down", () => {
  const Dated = z.object({
    at: z.date(),
    get next() {
      return Dated.optional();
    },
  });
  const value = { at: new Date(1), next: { at: new Date(2) } };
  assertEquals(received(compileEcho(Dated), value), value);
});

Deno.test("a schema without an id in more places than can be is refused", () => {
  let schema: z.ZodType = z.object({ leaf: z.string() });
  for (let i = 0; i < 12; i++) schema = z.object({ a: schema, b: schema });
  assertThrows(
    () => namesOf(schema),
    TypeError,
    "give schemas that are used in many places a name",
  );
});

Deno.test("fields are named in snake_case, and keep their keys in JSON", () => {
  const keys = {
    ...{
      userId: "user_id",
      userID: "user_id",
      HTTPServer: "http_server",
      snake_case: "snake_case",
    },
    ...{ _private: "private", address2Line: "address2_line", A: "a" },
  };
  for (const [key, name] of Object.entries(keys)) {
    const echo = compileEcho(z.object({ [key]: z.string() }));
    assertEquals(fieldsOf(echo, "SayRequest"), [`string ${name}`]);
    assertEquals(echo.method.desc.input.fields[0]!.jsonName, key);
    assertEquals(received(echo, { [key]: "x" }), { [key]: "x" });
  }
});

Deno.test("comments come from describe() and meta()", () => {
  const { file } = compile([{
    name: "demo.v1.Echo",
    description: "Echoes.",
    methods: [{
      name: "Say",
      description: "Says\nit.",
      kind: "unary",
      request: z.object({
        name: z.string().min(1).describe("Whom.").optional(),
        home: Address,
        work: Address.describe("Where."),
        color: z.enum(["red"]).meta({ id: "Color", description: "A hue." }),
        list: z.array(z.string()).meta({ description: "Some." }),
        item: z.discriminatedUnion("kind", [
          z.object({ kind: z.literal("a"), x: z.string() }).describe("An a."),
        ]).describe("Either."),
      }).describe("Asks."),
      response: z.object({ a: z.string() }),
    }],
  }]);
  const [request, address] = file.messages;
  const found = [
    file.services[0]!,
    file.services[0]!.methods[0]!,
    request!,
    ...request!.fields,
    ...request!.oneofs,
    address!,
    file.enums[0]!,
  ].map((desc) => [desc.name, getComment(desc)]);
  assertEquals(found, [
    ["Echo", "Echoes."],
    ["Say", "Says\nit."],
    ["SayRequest", "Asks."],
    ["name", "Whom."],
    ["home", ""],
    ["work", "Where."],
    ["color", ""],
    ["list", "Some."],
    ["a", "An a."],
    ["item", "Either."],
    ["Address", "A place."],
    ["Color", "A hue."],
  ]);
});

Deno.test("schemas of zod/mini are read as well", () => {
  const Item = mini.object({ size: mini.int32() }).check(mini.meta({ id: "Item" }));
  const echo = compileEcho(
    mini.object({ items: mini.array(Item), note: mini.optional(mini.string()) }),
  );
  assertEquals(fieldsOf(echo, "SayRequest"), ["repeated Item items", "optional string note"]);
  assertEquals(received(echo, { items: [{ size: 1 }] }), { items: [{ size: 1 }] });
});

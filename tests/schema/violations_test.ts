import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { z } from "zod";
import { type BadRequest, BadRequestSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { compileEcho, received } from "../support/schemas.ts";

/** The violations that a message is refused with, as `field reason`. */
function violationsOf(schema: z.ZodType, init: MessageInitShape<DescMessage>): string[] {
  const { method } = compileEcho(schema);
  const error = assertThrows(() => method.parse(create(method.desc.input, init)), ConnectError);
  assertEquals(error.code, Code.InvalidArgument);
  const [detail] = error.details as { desc: DescMessage; value: BadRequest }[];
  assertEquals(detail!.desc, BadRequestSchema);
  return detail!.value.fieldViolations.map(({ field, reason }) => `${field} ${reason}`);
}

const name = z.string().min(1);
const Shape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("circle"), maxRadius: z.number().positive() }),
]);

/** A schema, what was sent, and what is wrong with it. */
const REQUESTS: readonly (readonly [string, z.ZodType, object, readonly string[]])[] = [
  ["a field", z.object({ fullName: name }), {}, ["full_name TOO_SMALL"]],
  ["fields", z.object({ a: name, b: z.int32().max(1) }), { b: 2 }, ["a TOO_SMALL", "b TOO_BIG"]],
  ["a list", z.object({ items: z.array(name) }), { items: ["x", ""] }, ["items[1] TOO_SMALL"]],
  [
    "an object in a list",
    z.object({ allItems: z.array(z.object({ itsName: name })) }),
    { allItems: [{ itsName: "x" }, {}, {}] },
    ["all_items[1].its_name TOO_SMALL", "all_items[2].its_name TOO_SMALL"],
  ],
  ["a map", z.object({ a: z.record(z.string(), name) }), { a: { "x y": "" } }, [
    'a["x y"] TOO_SMALL',
  ]],
  [
    "a map by numbers",
    z.object({ a: z.map(z.int32(), z.object({ name })) }),
    { a: { 7: {} } },
    ['a["7"].name TOO_SMALL'],
  ],
  [
    "a oneof",
    z.object({ myShape: Shape }),
    { myShape: { case: "circle", value: {} } },
    ["circle.max_radius TOO_SMALL"],
  ],
  ["a oneof that is not set", z.object({ myShape: Shape }), {}, ["my_shape INVALID_TYPE"]],
  [
    "a union's message",
    z.object({ list: z.array(Shape) }),
    { list: [{ kind: { case: "circle", value: {} } }] },
    ["list[0].circle.max_radius TOO_SMALL"],
  ],
  ["a union's message that is not set", z.object({ list: z.array(Shape) }), { list: [{}] }, [
    "list[0] INVALID_TYPE",
  ]],
  ["an enum", z.object({ a: z.enum(["x"]) }), { a: 9 }, ["a INVALID_VALUE"]],
  ["an enum of numbers", z.object({ a: z.enum({ X: 9 }) }), { a: 9 }, ["a INVALID_VALUE"]],
  ["an enum in a list", z.object({ a: z.array(z.enum(["x"])) }), { a: [1, 0] }, [
    "a[1] INVALID_VALUE",
  ]],
  ["a number that is not safe", z.object({ a: z.int() }), { a: 2n ** 60n }, ["a TOO_BIG"]],
  ["a fraction in JSON", z.object({ a: z.object({ b: z.date() }) }), { a: {} }, [
    "a.b INVALID_TYPE",
  ]],
  [
    "the whole",
    z.object({ a: z.string(), b: z.string() }).refine(({ a, b }) => a !== b),
    {},
    [" CUSTOM"],
  ],
  [
    "a path of a refinement",
    z.object({ a: z.string() }).refine(() => false, { path: ["a", "b"] }),
    {},
    ["a.b CUSTOM"],
  ],
  ["a scalar by itself", name, {}, [" TOO_SMALL"]],
];

for (const [title, schema, init, wanted] of REQUESTS) {
  Deno.test(`a request is refused for ${title}`, () => {
    assertEquals(violationsOf(schema, init as MessageInitShape<DescMessage>), wanted);
  });
}

Deno.test("a refusal says the first thing that is wrong, and how many more there are", () => {
  const echo = compileEcho(z.object({ a: name, b: z.array(name), c: z.string() }));
  assertThrows(
    () => received(echo, { a: "", b: ["", ""], c: "" }),
    ConnectError,
    "[invalid_argument] invalid request: a: Too small: expected string to have >=1 characters " +
      "(and 2 more)",
  );
});

Deno.test("a refusal fits into a header, whatever is wrong", () => {
  const schema = z.object({
    list: z.array(name),
    map: z.record(z.string(), name),
    text: z.string().refine(() => false, { error: "\ud800".repeat(10_000) }),
  });
  const { method } = compileEcho(schema);
  const list = Array<string>(4000).fill("");
  const map = { ["k".repeat(100_000)]: "" };
  const error = assertThrows(
    () => method.parse(create(method.desc.input, { list, map } as MessageInitShape<DescMessage>)),
    ConnectError,
  );
  const [detail] = error.details as { desc: DescMessage; value: BadRequest }[];
  assert(detail!.value.fieldViolations.length > 10);
  assertLess(JSON.stringify(detail!.value).length, 6000);
  assertLess(error.message.length, 500);

  const mapOnly = compileEcho(z.object({ map: z.record(z.string(), name) }));
  const long = assertThrows(() => received(mapOnly, { map }), ConnectError);
  assertLess(long.message.length, 500);
});

Deno.test("a message that cannot be converted is refused, not an error of ours", () => {
  const { method } = compileEcho(z.object({ it: z.instanceof(Temporal.Duration) }));
  const it = { seconds: 2n ** 62n, nanos: 0 };
  const error = assertThrows(
    () => method.parse(create(method.desc.input, { it } as MessageInitShape<DescMessage>)),
    ConnectError,
  );
  assertEquals(error.code, Code.InvalidArgument);
});

Deno.test("schemas may be asynchronous", async () => {
  const { method } = compileEcho(z.object({
    name: z.string().refine(async (name) => await Promise.resolve(name !== "x"), "not x"),
  }));
  for (const _ of [1, 2]) {
    const good = await method.parse(create(method.desc.input, { name: "y" } as never));
    assertEquals(good, { name: "y" });
    const bad = async () => await method.parse(create(method.desc.input, { name: "x" } as never));
    await assertRejects(bad, ConnectError, "name: not x");
    const reply = await method.toMessage({ name: "y" });
    assertEquals(method.fromReply(reply), { name: "y" });
    await assertRejects(async () => await method.toMessage({ name: "x" }), Error, "name: not x");
  }
});

Deno.test("what a schema throws is not a refusal", () => {
  const { method } = compileEcho(z.object({
    a: z.string().refine(() => {
      throw new RangeError("of the schema");
    }),
  }));
  assertThrows(() => method.parse(create(method.desc.input)), RangeError, "of the schema");
});

/** Requests that are wrong all over, and where the first violation is. */
const FLOODS: readonly (readonly [string, z.ZodType, object, RegExp])[] = [
  ["a list", z.object({ it: z.array(name) }), { it: Array(2 ** 20).fill("") }, /^it\[\d+\] /],
  [
    "a list of lists",
    z.object({ it: z.array(z.object({ in: z.array(name).optional() })) }),
    { it: Array.from({ length: 20 }, () => ({ in: Array(50_000).fill("") })) },
    /^it\[\d+\]\.in\[\d+\] /,
  ],
  [
    "a map",
    z.object({ it: z.map(z.int32(), name) }),
    { it: Object.fromEntries(Array(200_000).entries().map(([i]) => [i, ""])) },
    /^it\["\d+"\] /,
  ],
  [
    "a oneof",
    z.object({
      it: z.discriminatedUnion("kind", [z.object({ kind: z.literal("a"), x: z.array(name) })]),
    }),
    { it: { case: "a", value: { x: Array(500_000).fill("") } } },
    /^a\.x\[\d+\] /,
  ],
];

for (const [title, schema, init, wanted] of FLOODS) {
  Deno.test(`a request that is wrong all over ${title} is refused without parsing it`, () => {
    const began = performance.now();
    const violations = violationsOf(schema, init as MessageInitShape<DescMessage>);
    // As a whole it takes seconds.
    assertLess(performance.now() - began, 1000);
    assertEquals(violations.length, 1);
    assert(wanted.test(violations[0]!), violations[0]);
  });
}

Deno.test("long lists are parsed as a whole, if they are valid, or made so", () => {
  const list = Array<string>(20_000).fill("");
  const schemas = [
    z.object({ it: z.array(z.string()) }),
    z.object({ it: z.array(name).catch(list) }),
    z.object({ it: z.array(name.catch("")) }),
    z.object({ it: z.preprocess(() => list, z.array(z.string())) }),
  ];
  for (const schema of schemas) {
    assertEquals(received(compileEcho(schema), { it: list }), { it: list });
  }
});

import { assertEquals, assertLess, assertMatch, assertThrows } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { z } from "zod";
import { MAX_UNTRIED_ELEMENTS } from "../../src/schema/flood_guard.ts";
import { compileEcho } from "../support/schemas.ts";

const MANY = 200_000;
const short = z.string().min(3);
const wrong = Array<string>(MANY).fill("");
const wrongMap = Object.fromEntries(wrong.map((_, i) => [`k${i}`, ""]));

/** Takes requests without their checks, as other clients send them. */
function refusalOf(schema: z.ZodType, request: unknown): ConnectError {
  const { method } = compileEcho(z.object({ f: schema }), { response: z.void() });
  return assertThrows(() => method.parse(method.toRequest({ f: request })), ConnectError);
}

/** Floods that are found out by the first violation, with its field. */
const FLOODS: readonly (readonly [string, z.ZodType, unknown, RegExp])[] = [
  ["a list", z.array(short), wrong, /^invalid request: f\[\d+\]: Too small/],
  ["a map", z.record(z.string(), short), wrongMap, /^invalid request: f\["k\d+"\]: Too small/],
  [
    "keys of a record",
    z.record(z.string().max(1), z.string()),
    wrongMap,
    /^invalid request: f\["k\d+"\]: Invalid key in record$/,
  ],
  [
    "keys of a map",
    z.map(z.string().max(1), z.string()),
    new Map(Object.entries(wrongMap)),
    /^invalid request: f\["k\d+"\]: Invalid key in map$/,
  ],
  [
    "a list in a list",
    z.array(z.object({ list: z.array(short) })),
    Array(100).fill({ list: wrong.slice(0, 2000) }),
    /^invalid request: f\[\d+\]\.list\[\d+\]: Too small/,
  ],
];

for (const [what, schema, request, message] of FLOODS) {
  Deno.test(`a flood of violations is found out by one of them: ${what}`, () => {
    const error = refusalOf(schema, request);
    assertEquals(error.code, Code.InvalidArgument);
    assertMatch(error.rawMessage, message);
  });
}

/** What cannot be tried. */
const UNTRIED: readonly (readonly [string, (element: z.ZodString) => z.ZodType])[] = [
  ["a list before another schema", (element) => z.array(z.string()).pipe(z.array(element))],
  ["z.preprocess()", (element) => z.preprocess((value) => value, z.array(element))],
  [".catch()", (element) => z.array(element).catch([])],
  ["a codec", (element) =>
    z.codec(z.array(z.string()), z.array(element), {
      decode: (list) => list,
      encode: (list) => list as string[],
    })],
  [
    "a list in an object before another schema",
    (element) => z.object({ list: z.array(z.string()) }).pipe(z.object({ list: z.array(element) })),
  ],
  ["a list that waits", (element) => z.array(element.refine(() => Promise.resolve(true)))],
  ["JSON", () => z.json()],
];

for (const [what, schemaOf] of UNTRIED) {
  const requestOf = (list: string[]) => what.includes("in an object") ? { list } : list;

  Deno.test(`elements that cannot be tried are bounded: ${what}`, () => {
    const error = refusalOf(schemaOf(short), requestOf(wrong));
    assertEquals(error.code, Code.ResourceExhausted);
    assertEquals(error.rawMessage, "too many elements: 200000, more than 100000");
  });

  Deno.test(`elements that cannot be tried are taken up to the bound: ${what}`, async () => {
    const { method } = compileEcho(z.object({ f: schemaOf(z.string()) }), { response: z.void() });
    const list = requestOf(Array<string>(MAX_UNTRIED_ELEMENTS).fill("x"));
    assertEquals(await method.parse(method.toRequest({ f: list })), { f: list });
  });
}

Deno.test("elements of objects in a list that another schema follows are bounded", () => {
  const element = z.object({ list: z.array(z.string()) });
  const error = refusalOf(
    z.array(element.pipe(z.object({ list: z.array(short) }))),
    [{ list: wrong }],
  );
  assertEquals(error.code, Code.ResourceExhausted);
});

Deno.test("a request as a whole that another schema follows is bounded", () => {
  const schema = z.object({ f: z.array(z.string()) }).pipe(z.object({ f: z.array(short) }));
  const { method } = compileEcho(schema, { response: z.void() });
  const error = assertThrows(() => method.parse(method.toRequest({ f: wrong })), ConnectError);
  assertEquals(error.code, Code.ResourceExhausted);
});

Deno.test("long requests that are valid are taken as they are", () => {
  const schema = z.object({
    list: z.array(z.object({ none: z.array(short), empty: z.record(z.string(), short) })),
    map: z.record(z.string(), z.object({ inner: z.array(short) })),
    rest: z.string().transform((text) => text.length),
  });
  const { method } = compileEcho(schema, { response: z.void() });
  const request = {
    list: Array.from({ length: 20_000 }, () => ({ none: [], empty: {} })),
    map: Object.fromEntries(wrong.slice(0, 2000).map((_, i) => [`k${i}`, { inner: ["long"] }])),
  };
  assertEquals(method.parse(method.toRequest({ ...request, rest: "abc" })), {
    ...request,
    rest: 3,
  });
});

Deno.test("the keys of a long map are listed once for each request", () => {
  const { method } = compileEcho(z.object({ f: z.record(z.string(), z.string()) }), {
    response: z.void(),
  });
  let listed = 0;
  const f = new Proxy(Object.fromEntries(Object.entries(wrongMap).slice(0, 20_000)), {
    ownKeys(target) {
      listed++;
      return Reflect.ownKeys(target);
    },
  });
  const message = Object.assign(method.toRequest({ f: {} }), { f });
  method.parse(message);
  // Zod lists them as well.
  assertLess(listed, 4);
});
